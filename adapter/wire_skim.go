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
	local        *local
	somebody     bool
	id           string // by which answers are expected, "" where none are
	packet, opts place
}

// place is where a part of a message begins, if there is one. The last of several counts.
type place struct {
	wireCursor
	is bool
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

// notePacket takes the packet of a broadcast.
func (s *skim) notePacket() {
	s.packet = s.here()
	s.skip()
}

// noteOptions takes the options of a broadcast.
func (s *skim) noteOptions() {
	s.opts = s.here()
	listed := false
	s.members(func(key string) {
		if key != "rooms" {
			s.skip()
			return
		}
		listed = true
		rooms := 0
		s.elements(func() {
			rooms++
			if room := s.room(); !s.odd && !s.somebody {
				s.somebody = s.local.hasRoom(room)
			}
		})
		if rooms == 0 {
			s.everyone()
		}
	})
	if !listed {
		s.everyone()
	}
}

// everyone is called where a broadcast is not for single rooms.
func (s *skim) everyone() { s.somebody = s.somebody || s.local.hasAnyone() }

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
	b.packet = s.packet.readPacket()
	if s.opts.is {
		b.options = s.opts.options()
	}
	return b, s.packet.is && !s.packet.odd && !s.opts.odd
}
