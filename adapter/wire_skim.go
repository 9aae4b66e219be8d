package adapter

import (
	"github.com/zishang520/socket.io-go-parser/v2/parser"
)

// skim walks through a broadcast for whether anyone here is in one of its rooms, and
// notes where in it the packet and the options are. Where nobody is, nothing is made of
// it, and where somebody is, of those two alone. It takes the exceptions for nothing: who
// is in a room and in an exception, too, has it read, and is then left out.
type skim struct {
	wireCursor
	local    *local
	somebody bool
	id       string // by which answers are expected, "" where none are
	packet   notedPacket
	optional bool // there are options, which are these
	options  wireOptions
	except   place // of the options, where they are any
}

// place is where a part of a message begins, if there is one. The last of several counts.
type place struct {
	wireCursor
	is bool
}

// notedPacket is what was noted of a packet, if there is one: the last of several counts.
type notedPacket struct {
	event bool // it is one
	nsp   string
	data  place
}

// skimmed is a broadcast of another node. Its strings, those of the options too, are
// parts of the message: who keeps one keeps all of that.
type skimmed struct {
	uid, nsp string
	id       string         // by which answers are expected, "" where none are
	packet   *parser.Packet // nil where nobody here is to get it
	options  wireOptions    // those that say who gets it, and how
}

func (l *local) skim(message string, packed bool) skim {
	return skim{wireCursor: cursorAt(message, packed), local: l}
}

// here is where the next part begins.
func (s *skim) here() place { return place{s.wireCursor, true} }

// notePacket takes the packet of a broadcast, an event as the function readPacket knows it.
func (s *skim) notePacket() {
	s.packet = notedPacket{nsp: "/"}
	s.members(func(key string) {
		switch key {
		case "type":
			kind := s.whole()
			s.packet.event = kind == 2 || kind == 5
		case "data":
			s.packet.data = s.here()
			s.skip()
		case "nsp":
			s.packet.nsp = s.text()
		default:
			s.skip()
		}
	})
}

// noteOptions takes the options of a broadcast. Of its rooms it leaves out those before
// the first that anyone is in.
func (s *skim) noteOptions() {
	s.optional, s.options, s.except = true, wireOptions{}, place{}
	listed := false
	s.members(func(key string) {
		switch key {
		case "rooms":
			listed = true
			s.noteRooms()
		case "except":
			s.noteExcept()
		case "flags":
			s.options.flags = s.flags()
		default:
			s.skip()
		}
	})
	if !listed {
		s.everyone()
	}
}

func (s *skim) noteRooms() {
	s.options.rooms = nil
	s.somebody = false
	n := 0
	s.elements(func() {
		n++
		room := s.room()
		s.somebody = s.somebody || !s.odd && s.local.hasRoom(room)
		if s.somebody {
			s.options.rooms = append(s.options.rooms, room)
		}
	})
	if n == 0 {
		s.everyone()
	}
}

func (s *skim) noteExcept() {
	s.except = s.here()
	n := 0
	s.elements(func() {
		n++
		s.room()
	})
	s.except.is = n > 0
}

// everyone is called where a broadcast is not for single rooms.
func (s *skim) everyone() { s.somebody = s.local.hasAnyone() }

// read reads, behind the last part, what was noted. It is not ok where anything is odd:
// then the message is to be read in full.
func (s *skim) read() (b skimmed, ok bool) {
	b.id = s.id
	if !s.end() {
		return b, false
	}
	if !s.somebody {
		return b, true
	}
	args, err := readArguments(s.packet.data.value())
	b.packet = &parser.Packet{Type: parser.EVENT, Nsp: s.packet.nsp, Data: args}
	b.options = s.options
	if s.except.is {
		b.options.except = s.except.rooms()
	}
	return b, s.packet.event && err == nil && !s.packet.data.odd && !s.except.odd
}
