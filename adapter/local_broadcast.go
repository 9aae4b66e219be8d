package adapter

import (
	"sync"

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

// BroadcastWithAck sends packet to the sockets that match opts, after it told
// how many they are, and hands on what each of them answers, once each and one
// after another: the first argument, as the protocol's other servers do, so that
// answers can be counted. The only receiver of a packet that expects a single
// response answers with all its arguments, as one value.
func (l *local) BroadcastWithAck(packet *parser.Packet, opts *socket.BroadcastOptions, clientCount func(uint64), ack socket.Ack) {
	packet.Nsp = l.Nsp().Name()
	id := l.Nsp().Ids()
	packet.Id = &id
	out := newBroadcast(l.Nsp().Server().Encoder().Encode(packet), opts)
	single := opts != nil && opts.Flags != nil && opts.Flags.ExpectSingleResponse
	receivers := l.matching(opts)
	if single && len(receivers) == 0 {
		return // told of none, the library takes the answer it has not got: it times out instead
	}
	clientCount(uint64(len(receivers)))
	var answers sync.Mutex // who counts them does not expect two at a time
	for _, m := range receivers {
		answered := false
		m.socket.Acks().Store(id, func(args []any, err error) {
			answers.Lock()
			defer answers.Unlock()
			if !answered {
				answered = true
				ack([]any{answerOf(args, single)}, err)
			}
		})
		out.send(m, packet)
	}
}

// answerOf is the one value that stands for a client's answer.
func answerOf(args []any, single bool) any {
	switch {
	case single:
		return args // the library takes it apart again
	case len(args) > 0:
		return args[0]
	}
	return nil
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
