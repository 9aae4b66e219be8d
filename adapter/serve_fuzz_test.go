package adapter

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"
)

// asked stands in seeds for the id of the request that waits for answers: all of it, or as
// many characters as the adapter's ids have.
const asked = "ASKEDASKEDASKED1"

// inquiry is a broadcast that waits for its answers, and what came of those.
type inquiry struct {
	requests     *requests
	id           string
	lane         *lane
	counts, acks int
}

// inquire has the adapter ask. There is nobody here to answer.
func (l *lonely) inquire(requests *requests) *inquiry {
	q := &inquiry{requests: requests}
	hour := time.Hour
	l.adapter.BroadcastWithAck(&parser.Packet{Type: parser.EVENT, Data: []any{"e"}}, &socket.BroadcastOptions{
		Rooms: types.NewSet[socket.Room]("nobody"), Flags: &socket.BroadcastFlags{Timeout: &hour},
	}, func(uint64) { q.counts++ }, func([]any, error) { q.acks++ })
	for id, request := range requests.pending {
		q.id, q.lane = id, request.lane
	}
	q.counts = 0 // this node's own
	l.published()
	return q
}

// end forgets the request.
func (q *inquiry) end() { q.requests.remove(q.id) }

// check: an answer to the request is one count or one acknowledgement of it, or malformed;
// and what answers another is nothing.
func (q *inquiry) check(t *testing.T, h happened, toIt, count, ack bool) {
	t.Helper()
	if !h.isNothing() || h.pending != 1 {
		t.Fatalf("an answer has done: %+v", h)
	}
	want := inquiry{requests: q.requests, id: q.id, lane: q.lane}
	malformed := uint64(0)
	switch {
	case !toIt:
	case count:
		want.counts = 1
	case ack:
		want.acks = 1
	default:
		malformed = 1
	}
	if *q != want || h.malformed != malformed {
		t.Fatalf("the request has got %d counts and %d acknowledgements, and %d messages were malformed; want %d, %d and %d",
			q.counts, q.acks, h.malformed, want.counts, want.acks, malformed)
	}
}

// FuzzServeClassic gives a node with the classic adapter what came on each of its channels:
// what is malformed is counted, once, and does nothing; nothing else does more than it says.
func FuzzServeClassic(f *testing.F) {
	for _, c := range goldenCommands(f) {
		if payload := c.payload(f); payload != nil && strings.HasPrefix(c.Suite, "classic") {
			f.Add(string(payload))
		}
	}
	for _, fields := range []string{
		`"type":0,"rooms":["room"]`, `"type":1`, `"type":2,"sid":"SID","room":"x"`, `"type":3,"sid":"SID","room":7`, `"type":4,"sid":"SID","close":true`,
		`"type":2,"sid":"SID","room":{}`, `"type":2,"sid":"nobody","room":"x"`, `"type":2`, `"type":2,"opts":{},"rooms":["x"]`, `"type":3,"opts":{"rooms":["room"]},"rooms":["7"]`,
		`"type":4,"opts":{"rooms":["SID"]}`, `"type":4,"opts":1`, `"type":2,"opts":{},"rooms":[{}]`, `"type":6,"data":["hello"]`, `"type":6,"data":[]`, `"type":100`, `"type":11`, `"type":"1"`,
	} {
		f.Add(`{"uid":"other1","requestId":"r",` + fields + `}`)
		f.Add(`{"uid":"UID","requestId":"r",` + fields + `}`)
	}
	for _, fields := range []string{`"type":8,"clientCount":3`, `"type":8,"clientCount":-1`, `"type":9,"packet":1`, `"type":9`, `"type":8,"clientCount":1e300`} {
		f.Add(`{"requestId":"` + asked + `",` + fields + `}`)
		f.Add(`{` + fields + `,"requestId":"` + asked + `"}`)
		f.Add(`{"requestId":"another",` + fields + `}`)
	}
	cluster, err := Classic(lonelyConfig())
	if err != nil {
		f.Fatal(err)
	}
	l := startLonely(f, cluster, socket.DefaultServerOptions())
	a := l.adapter.(*classic)
	f.Fuzz(func(t *testing.T, payload string) {
		q := l.inquire(a.requests)
		defer q.end()
		payload = l.named(payload, a.uid, q.id)
		m, unread := readClassic(payload)

		h := l.after(t, func() { a.onRequest(a.names.request, payload); settle(a.events) })
		changes := m.kind == classicJoin || m.kind == classicLeave || m.kind == classicDisconnect
		checkServed(t, h, unread != nil || m.kind == -1 || changes && m.uid != a.uid && m.fields["opts"] != nil && isMalformedChange(m.fields, m.kind == classicDisconnect))
		if m.uid == a.uid && unread == nil && m.kind >= 0 && !h.isNothing() {
			t.Fatalf("it is of this node itself: %+v", h)
		}
		if h.rooms && m.kind != classicJoin && m.kind != classicLeave || h.disconnected && m.kind != classicDisconnect ||
			len(h.sent) > 0 && m.kind != classicBroadcast && m.kind != classicDisconnect {
			t.Fatalf("a request of the type %d has done: %+v", m.kind, h)
		}
		for _, p := range h.published {
			if !strings.HasPrefix(p.channel, a.names.response) {
				t.Fatalf("it is answered on %s", p.channel)
			}
		}

		h = l.after(t, func() { a.onResponse(a.names.response, payload); settle(q.lane) })
		switch id, plain := classicRequestID(payload); {
		case plain && id != q.id && (unread != nil || strings.Count(payload, "requestId") > 1 || strings.Contains(payload, `\u`)):
			// Odd, and passed over as the usual answer to another node's request is.
			q.check(t, h, false, false, false)
		case unread != nil:
			if !h.isNothing() || h.malformed != 1 {
				t.Fatalf("an answer that cannot be read has done: %+v", h)
			}
		default:
			q.check(t, h, m.requestID == q.id, m.kind == classicClientCount && isCount(m.fields), m.kind == classicAck)
		}

		b, unread := readBroadcast(payload)
		h = l.after(t, func() { a.onBroadcast(a.names.broadcast, payload) })
		own := strings.HasPrefix(payload, a.mark)
		if h.rooms || h.disconnected || len(h.published) > 0 || h.pending != 1 || h.malformed > 0 && len(h.sent) > 0 || h.malformed > 1 || unread == nil && h.malformed != 0 {
			t.Fatalf("a broadcast has done: %+v", h)
		}
		if reaches := unread == nil && b.packet.Nsp == "/" && !own && b.options.reaches(l.client.Rooms()); reaches != (len(h.sent) > 0) {
			t.Fatalf("the client is meant: %v, and was sent %q", reaches, h.sent)
		}
	})
}

// checkServed: what is malformed is counted once, and does nothing; whatever came, one
// answer is published at most, and no request waits that did not before.
func checkServed(t *testing.T, h happened, malformed bool) {
	t.Helper()
	if malformed && h.malformed != 1 || h.malformed > 1 {
		t.Fatalf("malformed: %v, and counted %d times", malformed, h.malformed)
	}
	if h.malformed == 1 && !h.isNothing() {
		t.Fatalf("it is malformed, and has done: %+v", h)
	}
	if h.pending != 1 || len(h.published) > 1 {
		t.Fatalf("%d requests wait, %d messages were published", h.pending, len(h.published))
	}
}

// isMalformedChange reports whether it is not to be read whose sockets are to join, leave or
// be disconnected, or which rooms. One that ends them has no rooms.
func isMalformedChange(fields map[string]any, ends bool) bool {
	_, badOptions := readOptions(fields["opts"])
	_, badRooms := readRooms(fields["rooms"])
	return badOptions != nil || badRooms != nil && !ends
}

// isCount reports whether a number of clients is one to believe.
func isCount(fields map[string]any) bool {
	n, is := fields["clientCount"].(float64)
	return is && n >= 0 && n <= maxClients && n == math.Trunc(n)
}

// mayChange reports whether a message of a ClusterAdapter may do what has happened.
func mayChange(kind int, h happened) bool {
	switch {
	case h.disconnected:
		return kind == peerDisconnect
	case h.rooms:
		return kind == peerJoin || kind == peerLeave
	case len(h.sent) > 0:
		return kind == peerBroadcast || kind == peerDisconnect
	}
	return true
}

// FuzzServeExchange gives nodes with the sharded and the streams adapters what came by
// pub/sub, as FuzzServeClassic does.
func FuzzServeExchange(f *testing.F) {
	for _, c := range goldenCommands(f) {
		if payload := c.payload(f); payload != nil && !strings.HasPrefix(c.Suite, "classic") {
			f.Add(string(payload))
		}
	}
	for _, data := range []string{
		`3,"data":{"packet":{"type":2,"data":["e"]},"opts":{"rooms":["SID"]}}`, `3,"data":{"packet":{"type":2,"data":["e"]},"requestId":"r"}`, `3`,
		`4,"data":{"rooms":["x"]}`, `4,"data":{"rooms":[{}]}`, `5,"data":{"rooms":1}`, `5,"data":{"opts":{"rooms":["room"]},"rooms":["7"]}`, `6,"data":{"opts":{"rooms":["SID"]},"close":true}`, `6,"data":{"opts":1}`,
		`7,"data":{"requestId":"r"}`, `9,"data":{"packet":["hello"],"requestId":"r"}`, `9,"data":{"packet":[]}`, `13`, `14,"data":{"sid":"SID"}`, `1`, `15`, `"3"`,
		`11,"data":{"requestId":"` + asked + `","clientCount":3}`, `11,"data":{"requestId":"` + asked + `","clientCount":-1}`,
		`12,"data":{"requestId":"` + asked + `","packet":1}`, `12,"data":{"requestId":"` + asked + `"}`, `8,"data":{"requestId":"` + asked + `","sockets":[]}`,
	} {
		for _, rest := range []string{`,"uid":"other","nsp":"/"}`, `,"uid":"UID","nsp":"/"}`, `,"uid":"other","nsp":"/chat"}`} {
			f.Add(`{"type":` + data + rest)
		}
	}
	shardedCluster, err := Sharded(ShardedConfig{ClusterConfig: lonelyConfig()})
	if err != nil {
		f.Fatal(err)
	}
	shard := startLonely(f, shardedCluster, socket.DefaultServerOptions())
	s := shard.adapter.(*sharded)
	stream := startLonelyStreams(f)
	st := stream.adapter.(*streams)
	f.Fuzz(func(t *testing.T, payload string) {
		serveExchange(t, shard, s.exchange, payload, s.onMessage, s.tails...)
		serveExchange(t, stream, st.exchange, payload, st.onMessage)
	})
}

// startLonelyStreams starts a server that restores sessions.
func startLonelyStreams(f *testing.F) *lonely {
	f.Helper()
	cluster, err := Streams(StreamsConfig{ClusterConfig: lonelyConfig()})
	if err != nil {
		f.Fatal(err)
	}
	opts := socket.DefaultServerOptions()
	opts.SetConnectionStateRecovery(&socket.ConnectionStateRecovery{})
	return startLonely(f, cluster, opts)
}

// serveExchange gives a message to an adapter, and looks at what has happened. tails are
// what messages end with that it need not read, as they are its own.
func serveExchange(t *testing.T, l *lonely, x *exchange, payload string, onMessage func(channel, payload string), tails ...string) {
	t.Helper()
	q := l.inquire(x.requests)
	defer q.end()
	payload = l.named(payload, x.uid, q.id)
	var m received
	v, unread := readWire(payload)
	if l.cluster.State().Kind == KindStreams && unread == nil && isJSON(payload) {
		payload = string(newPackedWriter(x.log).value(v).buf) // that is no JSON there
		v, unread = readPacked(bytesOf(payload))
	}
	if unread == nil {
		m, unread = readPeer(v, len(payload))
	}
	own := slices.ContainsFunc(tails, func(tail string) bool { return strings.HasSuffix(payload, tail) })
	own = own || unread == nil && (m.uid == x.uid || m.nsp != x.nsp)
	// A client that goes on elsewhere ends here, and nobody waits for that.
	ends := !own && m.kind == peerRestored && x.restored != nil && m.data["sid"] == string(l.client.Id())
	h := l.after(t, func() {
		over := make(chan struct{})
		if ends {
			_ = l.client.Once("disconnect", func(...any) { close(over) })
		} else {
			close(over)
		}
		onMessage("a channel", payload)
		settle(x.events, q.lane)
		<-over
	})
	if own {
		if !h.isNothing() || h.malformed != 0 {
			t.Fatalf("it is of this node itself, or of another namespace: %+v", h)
		}
		return
	}
	if unread == nil && (m.kind == peerClientCount || m.kind == peerAck || m.kind == peerFetchAnswer || m.kind == peerEventAnswer) {
		q.check(t, h, m.requestID() == q.id, m.kind == peerClientCount && isCount(m.data), m.kind == peerAck)
		return
	}
	changes := m.kind == peerJoin || m.kind == peerLeave || m.kind == peerDisconnect
	checkServed(t, h, unread != nil || changes && isMalformedChange(m.data, m.kind == peerDisconnect))
	if !mayChange(m.kind, h) && !ends {
		t.Fatalf("a message of the kind %d has done: %+v", m.kind, h)
	}
	for _, p := range h.published {
		if p.channel == "socket.io#/#" {
			t.Fatal("it is answered to all nodes")
		}
	}
}
