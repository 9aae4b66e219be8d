package adapter

import (
	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"
)

// BatchBroadcaster is an adapter that sends many packets at the cost of one.
type BatchBroadcaster interface {
	socket.Adapter
	// BroadcastBatch sends packets, in their order, to the sockets that match
	// opts: each socket gets them in one write. Listeners of OnAnyOutgoing are
	// not told of it: to look for them costs about a twentieth of all.
	BroadcastBatch(packets []*parser.Packet, opts *socket.BroadcastOptions)
}

// Target says which sockets of this node a batch is for. The zero value is all.
type Target struct {
	Room     socket.Room // those in it; "": all
	Except   socket.Room // but not those in this one
	Volatile bool        // not those who are behind
}

// EmitBatch emits event to all sockets of nsp on this node, once with each of
// args as its arguments, in their order. Where nsp's adapter is a
// BatchBroadcaster, each socket gets all of them in one write, of which its
// OnAnyOutgoing listeners are not told.
func EmitBatch(nsp socket.Namespace, event string, args ...[]any) {
	EmitBatchTo(nsp, Target{}, event, args...)
}

// EmitBatchTo is EmitBatch to some of the sockets.
func EmitBatchTo(nsp socket.Namespace, to Target, event string, args ...[]any) {
	packets := make([]*parser.Packet, len(args))
	for i, of := range args {
		packets[i] = &parser.Packet{Type: parser.EVENT, Data: append([]any{event}, of...)}
	}
	opts := &socket.BroadcastOptions{Flags: &socket.BroadcastFlags{Local: true}}
	opts.Flags.Volatile = to.Volatile
	if to.Room != "" {
		opts.Rooms = types.NewSet(to.Room)
	}
	if to.Except != "" {
		opts.Except = types.NewSet(to.Except)
	}
	if b, ok := nsp.Adapter().(BatchBroadcaster); ok {
		b.BroadcastBatch(packets, opts)
		return
	}
	for _, packet := range packets {
		nsp.Adapter().Broadcast(packet, opts)
	}
}
