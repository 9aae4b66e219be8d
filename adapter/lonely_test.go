package adapter

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zishang520/engine.io/v2/engine"
	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter/adaptertest/recording"
)

// lonely is a server with one client, whose adapter is given what other nodes send by a
// test, and whose own messages wait for a Redis that is not there.
type lonely struct {
	cluster *Cluster
	adapter clusterAdapter
	engine  engine.BaseServer
	queue   *outbox

	connected chan *socket.Socket
	client    *socket.Socket
	conn      *recording.Conn
}

// lonelyAdapters makes the adapters of a Cluster without Redis.
type lonelyAdapters struct{ *lonely }

func (l lonelyAdapters) New(nsp socket.Namespace) socket.Adapter {
	a := l.cluster.make(newLocal(nsp, l.cluster.cfg.Local))
	l.adapter = a
	return a
}

// lonelyConfig is that of a Cluster of a lonely server.
func lonelyConfig() ClusterConfig { return ClusterConfig{Logger: slog.New(slog.DiscardHandler)} }

// startLonely starts a server, until the end of the test.
func startLonely(tb testing.TB, cluster *Cluster, opts *socket.ServerOptions) *lonely {
	tb.Helper()
	l := &lonely{
		cluster: cluster, engine: engine.MakeBaseServer(), connected: make(chan *socket.Socket, 1),
		queue: newOutbox(1000, 64<<20, time.Hour, func([]*publication) {}),
	}
	cluster.pubsub.queue = l.queue
	opts.SetAdapter(lonelyAdapters{l})
	server := socket.NewServer(nil, opts)
	server.Bind(l.engine)
	_ = server.Sockets().On("connection", func(args ...any) {
		if s, is := args[0].(*socket.Socket); is { // other servers may emit that
			l.connected <- s
		}
	})
	_ = server.Sockets().On("hello", func(args ...any) {
		if ack, asked := args[len(args)-1].(socket.Ack); asked {
			ack([]any{"w"}, nil)
		}
	})
	tb.Cleanup(func() {
		server.Close(nil)
		l.queue.close()
		l.queue.empty()
	})
	l.connect(tb)
	return l
}

// connect has a client, in the rooms of no other, in place of the last one.
func (l *lonely) connect(tb testing.TB) {
	tb.Helper()
	if l.client != nil {
		l.client.Disconnect(true)
	}
	l.conn = recording.New("")
	l.engine.Emit("connection", l.conn)
	l.conn.Emit("data", types.NewStringBufferString("0"))
	select {
	case l.client = <-l.connected:
	case <-time.After(15 * time.Second):
		tb.Fatal("no connection in 15 s")
	}
	l.client.Join("room", "7")
	l.conn.Forget()
	l.published()
}

// published takes what was published since.
func (l *lonely) published() []*publication {
	var all []*publication
	for batch := l.queue.take(); batch != nil; batch = l.queue.take() {
		for _, m := range batch {
			l.queue.release(m)
		}
		all = append(all, batch...)
	}
	return all
}

// settle returns when what is in a lane is done.
func settle(lanes ...*lane) {
	for _, of := range lanes {
		done := make(chan struct{})
		of.always(func() { close(done) })
		<-done
	}
}

// happened is what a message of another node has led to.
type happened struct {
	malformed    uint64
	rooms        bool // the client's rooms are others
	disconnected bool
	sent         []string // to the client
	published    []*publication
	pending      int // requests that wait for an answer
}

// after has a message handled, and says what has happened. The client and its rooms are then
// as they were.
func (l *lonely) after(tb testing.TB, handle func()) happened {
	tb.Helper()
	malformed := l.cluster.State().Malformed
	before := sortedRooms(l.client.Rooms())
	handle()
	h := happened{
		malformed:    l.cluster.State().Malformed - malformed,
		disconnected: !l.client.Connected(),
		published:    l.published(),
		pending:      l.adapter.pendingRequests(),
	}
	h.rooms = !h.disconnected && !slices.Equal(sortedRooms(l.client.Rooms()), before)
	for _, m := range l.conn.Messages() {
		h.sent = append(h.sent, m.Data)
	}
	l.conn.Forget()
	if h.rooms || h.disconnected {
		l.connect(tb)
	}
	return h
}

// isNothing reports whether nothing came of it but that it was counted.
func (h happened) isNothing() bool {
	return !h.rooms && !h.disconnected && len(h.sent) == 0 && len(h.published) == 0
}

// named puts the ids of this node, of its client and of a request in their places in a
// message.
func (l *lonely) named(message, uid, request string) string {
	return strings.NewReplacer("SID", string(l.client.Id()), "UID", uid, asked, request, asked[:len(request)], request).Replace(message)
}
