package dispatch

import (
	sio "github.com/zishang520/socket.io-go-parser/v2/parser"
)

// turn is one packet on its way through a lane.
type turn struct {
	lane   *lane
	packet *sio.Packet
	size   int // what it counts against Config.MaxQueued

	handling bool // its handlers run, or are about to; guarded by lanes.mu
}

// overhead is what a queued packet costs beyond its bytes.
const overhead = 256

// hide puts the turn past the end of the event's arguments: where the library
// passes the slice on, whether with an ack appended or without its first
// element, the slot goes along, and no handler sees it.
func (t *turn) hide() {
	args, ok := t.packet.Data.([]any)
	if !ok {
		return
	}
	if cap(args) < len(args)+2 { // one is for the ack
		grown := make([]any, len(args), len(args)+2)
		copy(grown, args)
		args = grown
	}
	args[:cap(args)][cap(args)-1] = t
	t.packet.Data = args
}

// turnOf finds the turn that was hidden behind args.
func turnOf(args []any) *turn {
	if cap(args) == len(args) {
		return nil
	}
	t, _ := args[:cap(args)][cap(args)-1].(*turn)
	return t
}

func (t *turn) isEvent() bool {
	return t.packet.Type == sio.EVENT || t.packet.Type == sio.BINARY_EVENT
}

func (t *turn) isConnect() bool { return t.packet.Type == sio.CONNECT }

// handle begins the turn's handlers, once: an event that a handler emits again
// itself carries the turn, too.
func (t *turn) handle() bool {
	l := t.lane.all
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.handling {
		return false
	}
	t.handling = true
	return true
}
