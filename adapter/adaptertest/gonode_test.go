package adaptertest

import (
	"context"
	"encoding/hex"
	"log/slog"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
	"nudge/server/engineio"
	"nudge/server/parser"
)

// goServer is socket.io/v2 with an adapter under test.
type goServer struct {
	t       testing.TB
	io      *socket.Server
	cluster *adapter.Cluster
	address string

	mu  sync.Mutex
	got []any
}

func startGo(t testing.TB, k kind, url, key string) node { return startGoServer(t, k, url, key) }

// startGoServer starts one on this project's engine, with its parser.
func startGoServer(t testing.TB, k kind, url, key string, change ...func(*adapter.ClusterConfig)) *goServer {
	t.Helper()
	opts := socket.DefaultServerOptions()
	opts.SetParser(parser.New(parser.Config{}))
	n := newGoServer(t, k, url, key, opts, change...)
	engine := engineio.New(engineio.Config{CloseTimeout: 50 * time.Millisecond, Logger: slog.New(slog.DiscardHandler)})
	n.io.Bind(engine)
	web := httptest.NewServer(engine)
	n.address = web.URL
	t.Cleanup(func() {
		n.close()
		web.Close()
	})
	return n
}

// newGoServer makes one without an engine.
func newGoServer(t testing.TB, k kind, url, key string, opts *socket.ServerOptions, change ...func(*adapter.ClusterConfig)) *goServer {
	t.Helper()
	cfg := adapter.ClusterConfig{URL: url, Key: key, RequestTimeout: 2 * time.Second, Logger: slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(&cfg)
	}
	cluster, err := k.make(cfg)
	if err != nil {
		t.Fatal(err)
	}
	opts.SetAdapter(cluster)
	if k.recovery {
		opts.SetConnectionStateRecovery(&socket.ConnectionStateRecovery{})
	}
	n := &goServer{t: t, cluster: cluster, io: socket.NewServer(nil, opts)}
	for _, nsp := range []string{"/", "/chat"} {
		n.watch(nsp)
	}
	return n
}

func (n *goServer) close() {
	n.io.Close(nil)
	if n.t.Failed() {
		n.t.Logf("%+v", n.cluster.State())
	}
}

func (n *goServer) watch(name string) {
	nsp := n.io.Of(name, nil)
	on := func(event string, f func(...any)) {
		if err := nsp.On(event, f); err != nil {
			n.t.Fatal(err)
		}
	}
	for _, event := range []string{"plain", "hello"} {
		on(event, func(args ...any) {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.got = append(n.got, append([]any{name, event}, reveal(args).([]any)...))
		})
	}
	on("ask", func(args ...any) {
		last := len(args) - 1
		args[last].(socket.Ack)([]any{map[string]any{"from": "go", "got": args[:last]}}, nil)
	})
	on("silent", func(...any) {})
	on("connection", func(args ...any) {
		s := args[0].(*socket.Socket)
		// Last: who finds the data knows that the client's events are listened to.
		defer s.SetData(map[string]any{"kind": "go"})
		if err := s.On("join", func(args ...any) {
			s.Join(socket.Room(args[0].(string)))
			args[1].(socket.Ack)(nil, nil)
		}); err != nil {
			n.t.Error(err)
		}
	})
}

// reveal gives binary data the form in which a peer shows it.
func reveal(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = reveal(v[i])
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for key := range v {
			out[key] = reveal(v[key])
		}
		return out
	case types.BufferInterface:
		return map[string]any{"$bin": hex.EncodeToString(v.Bytes())}
	case []byte:
		return map[string]any{"$bin": hex.EncodeToString(v)}
	}
	return v
}

func (n *goServer) url() string { return n.address }

func (n *goServer) operator(to target) *socket.BroadcastOperator {
	nsp := to.nsp
	if nsp == "" {
		nsp = "/"
	}
	o := n.io.Of(nsp, nil).To()
	for _, room := range to.rooms {
		o = o.To(socket.Room(room))
	}
	for _, room := range to.except {
		o = o.Except(socket.Room(room))
	}
	if to.local {
		o = o.Local()
	}
	if to.timeout > 0 {
		o = o.Timeout(to.timeout)
	}
	return o
}

func (n *goServer) emit(to target, event string, args ...any) {
	n.t.Helper()
	if err := n.operator(to).Emit(event, args...); err != nil {
		n.t.Fatal(err)
	}
}

func (n *goServer) emitWithAck(to target, event string, args ...any) answers {
	n.t.Helper()
	return n.await(func(ack socket.Ack) error { return n.operator(to).Emit(event, append(args, ack)...) })
}

func (n *goServer) await(ask func(socket.Ack) error) answers {
	n.t.Helper()
	got := make(chan answers, 1)
	err := ask(func(values []any, err error) {
		a := answers{}
		a.values, _ = reveal(values).([]any)
		if err != nil {
			a.err = err.Error()
		}
		got <- a
	})
	if err != nil {
		n.t.Fatal(err)
	}
	select {
	case a := <-got:
		return a
	case <-time.After(callWithin):
		n.t.Fatal("no answers")
		return answers{}
	}
}

func (n *goServer) fetch(to target) ([]foundSocket, string) {
	n.t.Helper()
	type result struct {
		sockets []foundSocket
		err     string
	}
	got := make(chan result, 1)
	n.operator(to).FetchSockets()(func(sockets []*socket.RemoteSocket, err error) {
		var r result
		if err != nil {
			r.err = err.Error()
		}
		for _, s := range sockets {
			found := foundSocket{ID: string(s.Id()), Address: s.Handshake().Address, Data: s.Data()}
			for _, room := range s.Rooms().Keys() {
				found.Rooms = append(found.Rooms, string(room))
			}
			if who := s.Handshake().Query["who"]; len(who) > 0 {
				found.Query = who[0]
			}
			r.sockets = append(r.sockets, found)
		}
		got <- r
	})
	select {
	case r := <-got:
		return r.sockets, r.err
	case <-time.After(callWithin):
		n.t.Fatal("no sockets")
		return nil, ""
	}
}

func roomsOf(names []string) []socket.Room {
	rooms := make([]socket.Room, len(names))
	for i, name := range names {
		rooms[i] = socket.Room(name)
	}
	return rooms
}

func (n *goServer) join(in target, rooms ...string) { n.operator(in).SocketsJoin(roomsOf(rooms)...) }

func (n *goServer) leave(in target, rooms ...string) { n.operator(in).SocketsLeave(roomsOf(rooms)...) }

func (n *goServer) disconnect(in target, closeConn bool) { n.operator(in).DisconnectSockets(closeConn) }

func (n *goServer) serverSideEmit(event string, args ...any) {
	if err := n.io.ServerSideEmit(event, args...); err != nil {
		n.t.Error(err)
	}
}

func (n *goServer) serverSideEmitWithAck(event string, args ...any) answers {
	n.t.Helper()
	return n.await(func(ack socket.Ack) error { return n.io.ServerSideEmit(event, append(args, ack)...) })
}

func (n *goServer) heard() []any {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.got)
}

func (n *goServer) serverCount() int { return int(n.io.Sockets().Adapter().ServerCount()) }

func (n *goServer) allRooms() []string {
	n.t.Helper()
	all := n.io.Sockets().Adapter().(interface {
		AllRooms(context.Context) ([]socket.Room, error)
	})
	rooms, err := all.AllRooms(n.t.Context())
	if err != nil {
		n.t.Fatal(err)
	}
	names := make([]string, len(rooms))
	for i, room := range rooms {
		names[i] = string(room)
	}
	return names
}

// answerOfRemote emits to a socket that fetchSockets gave, and waits for its answer.
func (n *goServer) answerOfRemote(id, event string, args ...any) answers {
	n.t.Helper()
	found := make(chan *socket.RemoteSocket, 1)
	n.operator(target{rooms: []string{id}}).FetchSockets()(func(sockets []*socket.RemoteSocket, _ error) {
		if len(sockets) == 1 {
			found <- sockets[0]
		}
	})
	select {
	case remote := <-found:
		return n.await(func(ack socket.Ack) error { return remote.Timeout(time.Second).Emit(event, append(args, ack)...) })
	case <-time.After(callWithin):
		n.t.Fatal("no remote socket")
		return answers{}
	}
}
