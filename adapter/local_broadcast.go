package adapter

import (
	"runtime"
	"sync"

	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"
)

// Broadcast sends packet to the sockets that match opts.
func (l *local) Broadcast(packet *parser.Packet, opts *socket.BroadcastOptions) {
	l.deliver(packet, l.matching(opts), writeOptionsOf(opts))
}

// serve is Broadcast with options from the wire.
func (l *local) serve(packet *parser.Packet, o wireOptions) {
	l.deliver(packet, l.among(o.rooms, o.except), o.writeOptions())
}

func (l *local) deliver(packet *parser.Packet, receivers []receiver, options socket.WriteOptions) {
	if len(receivers) == 0 {
		return // it need not be encoded
	}
	out := l.newBroadcast(options, packet)
	for _, r := range receivers {
		out.notify(r)
	}
	out.sendTo(receivers)
}

// batchThrough is BroadcastBatch for an adapter of a cluster: what is not for this node
// alone goes through its broadcast, one packet after the other.
func (l *local) batchThrough(broadcast func(*parser.Packet, *socket.BroadcastOptions), packets []*parser.Packet, opts *socket.BroadcastOptions) {
	if isLocal(opts) {
		l.BroadcastBatch(packets, opts)
		return
	}
	for _, packet := range packets {
		broadcast(packet, opts)
	}
}

// BroadcastBatch implements BatchBroadcaster.
func (l *local) BroadcastBatch(packets []*parser.Packet, opts *socket.BroadcastOptions) {
	if receivers := l.matching(opts); len(receivers) > 0 {
		l.newBroadcast(writeOptionsOf(opts), packets...).sendTo(receivers)
	}
}

// broadcast is some packets, encoded once for all who get them.
type broadcast struct {
	local   *local
	packets []*parser.Packet
	encoded [][]types.BufferInterface // by packet
	frames  []byte                    // of all packets
	options socket.WriteOptions
	later   bool
}

// writeOptionsOf are the options of a broadcast that say how it is written.
func writeOptionsOf(opts *socket.BroadcastOptions) (options socket.WriteOptions) {
	if opts != nil && opts.Flags != nil {
		options.Volatile, options.Compress = opts.Flags.Volatile, opts.Flags.Compress
	}
	return options
}

func (l *local) newBroadcast(options socket.WriteOptions, packets ...*parser.Packet) *broadcast {
	out := &broadcast{local: l, packets: packets, encoded: make([][]types.BufferInterface, len(packets)), options: options}
	for i, packet := range packets {
		packet.Nsp = l.Nsp().Name()
		out.encoded[i] = l.Nsp().Server().Encoder().Encode(packet)
		out.frames = appendFrames(out.frames, out.encoded[i])
	}
	return out
}

// share is how many receivers are worth a goroutine.
const share = 1024

// sendTo sends to each receiver, on several processors where there are many, and
// returns when it has.
//
// Broadcasts that run at the same time leave their frames for a common write to
// each receiver: several writes would cost more than all else there is to do.
func (b *broadcast) sendTo(receivers []receiver) {
	b.later = b.local.broadcasting.Add(1) > 1
	defer b.local.broadcasting.Add(-1)
	var helpers sync.WaitGroup
	defer helpers.Wait()
	for n := min(len(receivers)/share, runtime.GOMAXPROCS(0)); n > 1; n-- {
		part := receivers[:len(receivers)/n]
		receivers = receivers[len(part):]
		helpers.Go(func() { b.send(part) })
	}
	b.send(receivers)
}

// notify calls the socket's OnAnyOutgoing listeners.
func (b *broadcast) notify(r receiver) {
	if len(r.socket.ListenersAnyOutgoing()) == 0 {
		return
	}
	for _, packet := range b.packets {
		r.socket.NotifyOutgoingListeners()(packet)
	}
}

func (b *broadcast) send(receivers []receiver) {
	for _, r := range receivers {
		if r.conn != nil {
			r.conn.WriteFrames(b.frames, b.options.Volatile, b.later)
			continue
		}
		for _, encoded := range b.encoded {
			// The library's own engine must never be given a pre-encoded frame: it
			// drops what is queued behind one.
			r.socket.Client().WriteToEngine(encoded, &b.options)
		}
	}
}
