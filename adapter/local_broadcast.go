package adapter

import (
	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"
)

// Broadcast sends packet to the sockets that match opts.
func (l *local) Broadcast(packet *parser.Packet, opts *socket.BroadcastOptions) {
	packet.Nsp = l.Nsp().Name()
	out := newBroadcast(l.Nsp().Server().Encoder().Encode(packet), opts)
	for _, m := range l.matching(opts) {
		out.send(m, packet)
	}
}

// BroadcastWithAck sends packet to the sockets that match opts, tells how many
// they are, and hands on what each of them answers: its first argument, as the
// protocol's other servers do, so that answers can be counted.
func (l *local) BroadcastWithAck(packet *parser.Packet, opts *socket.BroadcastOptions, clientCount func(uint64), ack socket.Ack) {
	packet.Nsp = l.Nsp().Name()
	id := l.Nsp().Ids()
	packet.Id = &id
	out := newBroadcast(l.Nsp().Server().Encoder().Encode(packet), opts)
	first := func(args []any, err error) {
		switch {
		case len(args) == 0:
			args = []any{nil}
		case len(args) > 1:
			args = args[:1]
		}
		ack(args, err)
	}
	receivers := l.matching(opts)
	for _, m := range receivers {
		m.socket.Acks().Store(id, first)
		out.send(m, packet)
	}
	clientCount(uint64(len(receivers)))
}

// broadcast is a packet encoded once for all who get it.
type broadcast struct {
	encoded []types.BufferInterface
	frames  [][]byte
	options socket.WriteOptions
}

func newBroadcast(encoded []types.BufferInterface, opts *socket.BroadcastOptions) *broadcast {
	out := &broadcast{encoded: encoded, frames: frames(encoded)}
	if opts != nil && opts.Flags != nil {
		out.options.Volatile = opts.Flags.Volatile
		out.options.Compress = opts.Flags.Compress
	}
	return out
}

func (b *broadcast) send(m *member, packet *parser.Packet) {
	if len(m.socket.ListenersAnyOutgoing()) > 0 {
		m.socket.NotifyOutgoingListeners()(packet)
	}
	if m.conn != nil {
		m.conn.WriteFrames(b.frames, b.options.Volatile)
		return
	}
	// The library's own engine must never be given a pre-encoded frame: it
	// drops what is queued behind one.
	m.socket.Client().WriteToEngine(b.encoded, &b.options)
}
