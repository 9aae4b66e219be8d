package adapter

import (
	"bytes"
	"log/slog"

	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"
)

// stranger is the id of a node that is no other's.
const stranger = "a node of others"

// Remote returns what has an adapter handle a broadcast of another node, as it does when
// one comes from Redis.
func Remote(a socket.Adapter, packet *parser.Packet, opts *socket.BroadcastOptions) (handle func()) {
	return remote(a, packet, opts, "")
}

// RemoteWithAck is Remote for one that is to be answered.
func RemoteWithAck(a socket.Adapter, packet *parser.Packet, opts *socket.BroadcastOptions) (handle func()) {
	return remote(a, packet, opts, "a request")
}

func remote(a socket.Adapter, packet *parser.Packet, opts *socket.BroadcastOptions, id string) (handle func()) {
	o := wireOptionsOf(opts)
	switch a := a.(type) {
	case *classic:
		if id != "" {
			payload := string(classicBroadcastRequest(newPackedWriter(slog.Default()), stranger, id, packet, a.Nsp().Name(), o).buf)
			return func() { a.onRequest(a.names.request, payload) }
		}
		w := newPackedWriter(slog.Default()).array(3).string(stranger).packet(packet, a.Nsp().Name()).broadcastOptions(o).end()
		payload, channel := string(w.buf), a.names.channelOf(o.rooms)
		return func() { a.onBroadcast(channel, payload) }
	case *sharded:
		w := a.envelope(newJSONWriter(slog.Default()), a.broadcastMessage(packet, o, id))
		payload := string(bytes.ReplaceAll(w.buf, []byte(a.uid), []byte(stranger)))
		return func() { a.onMessage(a.channel, payload) }
	case *streams:
		m := a.broadcastMessage(packet, o, id)
		if id != "" {
			w := a.envelope(newPackedWriter(slog.Default()), m)
			payload := string(bytes.ReplaceAll(w.buf, []byte(a.uid), []byte(stranger)))
			return func() { a.onMessage(a.channel, payload) }
		}
		data := string(a.entryData(m))
		return func() { a.onEntry(readEntry{id: "1-0", uid: stranger, nsp: a.nsp, kind: peerBroadcast, data: data}) }
	}
	panic("an adapter of no known kind")
}
