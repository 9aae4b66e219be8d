package adapter

import (
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

// EmitBatch emits event to all sockets of nsp on this node, once with each of
// args as its arguments, in their order. Where nsp's adapter is a
// BatchBroadcaster, each socket gets all of them in one write, of which its
// OnAnyOutgoing listeners are not told.
func EmitBatch(nsp socket.Namespace, event string, args ...[]any) {
	packets := make([]*parser.Packet, len(args))
	for i, of := range args {
		packets[i] = &parser.Packet{Type: parser.EVENT, Data: append([]any{event}, of...)}
	}
	opts := &socket.BroadcastOptions{Flags: &socket.BroadcastFlags{Local: true}}
	if b, ok := nsp.Adapter().(BatchBroadcaster); ok {
		b.BroadcastBatch(packets, opts)
		return
	}
	for _, packet := range packets {
		nsp.Adapter().Broadcast(packet, opts)
	}
}
