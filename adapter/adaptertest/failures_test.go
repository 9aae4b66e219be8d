package adaptertest

import (
	"errors"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

// shortly bounds requests that are not answered.
func shortly(cfg *adapter.ClusterConfig) { cfg.RequestTimeout = time.Second }

// TestANodeDiesInTheMiddle: a node, of Node or of Go, that is counted and does not answer
// any more costs its own part of the result, and is told of; never a hang.
func TestANodeDiesInTheMiddle(t *testing.T) {
	for _, dying := range []struct {
		name  string
		start func(t testing.TB, k kind, url, key string) (*child, string)
	}{
		{"Node", func(t testing.TB, k kind, url, key string) (*child, string) {
			n := startNodeIn(t, k, key, with{"url": url})
			return n.child, n.url()
		}},
		{"Go", func(t testing.TB, k kind, url, key string) (*child, string) {
			n := startGoProcess(t, k, url, key)
			return n.child, n.url()
		}},
	} {
		for _, k := range kinds {
			t.Run(dying.name+"/"+k.name, func(t *testing.T) {
				t.Parallel()
				redis := redistest.Start(t)
				one := startGoServer(t, k, redis.URL(), "dying", shortly)
				two := startGoServer(t, k, redis.URL(), "dying")
				process, url := dying.start(t, k, redis.URL(), "dying")
				eventually(t, "three nodes", func() bool { return one.serverCount() == 3 })
				clients := &cluster{t: t, clients: startPeer(t), ids: map[string]string{}}
				clients.connect("a", one.url())
				clients.connect("b", two.url())
				clients.connect("c", url)
				fetchWhileItDies(t, one, process, url)
				// Until it is sure not to come back it is missed.
				eventually(t, "two nodes", func() bool { return one.serverCount() == 2 })
				if sockets, err := one.fetch(target{}); len(sockets) != 2 || err != "" {
					t.Errorf("fetched %d of those that are left, %s", len(sockets), err)
				}
				if s := one.cluster.State(); s.Incomplete == 0 || s.PendingRequests != 0 {
					t.Errorf("%+v", s)
				}
			})
		}
	}
}

// fetchWhileItDies has a node ask for all sockets, three, when another process hangs that
// has one of them, and is killed a little later.
func fetchWhileItDies(t *testing.T, n *goServer, process *child, url string) {
	t.Helper()
	// Stopped it is still subscribed, and so counted.
	web := &http.Client{Timeout: 200 * time.Millisecond}
	defer web.CloseIdleConnections()
	if err := process.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "process that hangs", func() bool {
		answer, err := web.Get(url)
		if err == nil {
			_ = answer.Body.Close()
		}
		return err != nil
	})
	time.AfterFunc(300*time.Millisecond, process.kill)
	type result struct {
		sockets []*socket.RemoteSocket
		err     error
	}
	got := make(chan result, 1)
	n.io.FetchSockets()(func(sockets []*socket.RemoteSocket, err error) { got <- result{sockets, err} })
	select {
	case r := <-got:
		var incomplete *adapter.IncompleteError
		if len(r.sockets) != 2 || !errors.Is(r.err, adapter.ErrIncomplete) || !errors.As(r.err, &incomplete) {
			t.Fatalf("%d sockets, %v", len(r.sockets), r.err)
		}
		if incomplete.Request != "fetchSockets" || incomplete.Expected != 2 || incomplete.Answered != 1 {
			t.Errorf("%+v", incomplete)
		}
	case <-time.After(callWithin):
		t.Fatal("it hangs")
	}
}

// TestMalformedMessages: whatever anyone publishes on a cluster's channels is dropped
// and counted, and the next message is taken.
func TestMalformedMessages(t *testing.T) {
	redis := redistest.Start(t)
	n := startGoServer(t, kinds[0], redis.URL(), "bad")
	clients := &cluster{t: t, clients: startPeer(t), ids: map[string]string{}}
	clients.connect("a", n.url())
	count := uint64(0)
	for _, bad := range []struct{ channel, payload string }{
		{"bad#/#", ""},
		{"bad#/#", "garbage"},
		{"bad#/#", "{}"},
		{"bad#/#", "\x80"},
		{"bad#/#", "\x93\xa1x\x83\xa4type\x02\xa4data\x91\xa1e\xa3nsp\xa1/\x80trailing"},
		{"bad#/#", "\x93\xa1x\x83\xa4type\x00\xa4data\x91\xa1e\xa3nsp\xa1/\x80"},
		{"bad#/#", "\x93\xa1x\x83\xa4type\x02\xa4data\x90\xa3nsp\xa1/\x80"},
		{"bad#/#", "\x93\xa1x\x82\xa4type\x02\xa4data\xc0\x80"},
		{"bad#/#", "\x93\xa1x\x82\xa4type\x02\xa4data\x91\xa1e\x81\xa5rooms\x01"},
		{"bad#/#", "\xdd\xff\xff\xff\xff"},
		{"bad-request#/#", "{"},
		{"bad-request#/#", `{"type":99}`},
		{"bad-request#/#", `{"type":6,"data":[]}`},
		{"bad-request#/#", `{"type":5,"uid":"x","requestId":"y","opts":[]}`},
		{"bad-request#/#", `{"type":2,"uid":"x","opts":{"rooms":1}}`},
		{"bad-request#/#", `{"type":2,"uid":"x"}`},
		{"bad-request#/#", "\x81\xa4type\x07"},
		{"bad-response#/#", "{"},
		{"bad-response#/#", "\xc1"},
	} {
		redis.Publish(bad.channel, []byte(bad.payload))
		count++
	}
	eventuallyOr(t, func() bool { return n.cluster.State().Malformed == count }, func() {
		t.Errorf("%d counted of %d", n.cluster.State().Malformed, count)
	})
	redis.Publish("bad#/#", []byte("\x93\xa1x\x82\xa4type\x02\xa4data\x91\xa4good\xc0"))
	clients.expect(map[string][]any{"a": {event("good")}})
}

// TestEmitters reach the clients of every node, those of Node and of Go.
func TestEmitters(t *testing.T) {
	redis := redistest.Start(t)
	k := kinds[0]
	c := &cluster{t: t, clients: startPeer(t), ids: map[string]string{}}
	a, b := startGoServer(t, k, redis.URL(), "emitted"), startNode(t, k, redis.URL(), "emitted")
	eventually(t, "two nodes", func() bool { return a.serverCount() == 2 })
	c.connect("a", a.url())
	c.connect("b", b.url())
	c.joinByClient("a", "room")
	c.joinByClient("b", "room")

	client, err := adapter.Dial(t.Context(), adapter.DialConfig{URL: redis.URL()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	e, err := adapter.NewEmitter(adapter.EmitterConfig{Client: client, Key: "emitted"})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	for _, err := range []error{
		e.Emit(ctx, "all", []byte{1}),
		e.To("room").Except(socket.Room(c.ids["a"])).Emit(ctx, "not a"),
		e.To("room").SocketsJoin(ctx, "joined"),
		e.To("joined").Emit(ctx, "joined"),
		e.ServerSideEmit(ctx, "hello", "servers"),
		e.To(socket.Room(c.ids["b"])).DisconnectSockets(ctx, true),
		e.Emit(ctx, "last"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	c.expect(map[string][]any{
		"a": {event("all", []byte{1}), event("joined"), event("last")},
		"b": {event("all", []byte{1}), event("not a"), event("joined")},
	})
	for _, n := range []node{a, b} {
		eventuallyOr(t, func() bool { return text(n.heard()) == `[["/","hello","servers"]]` }, func() { t.Errorf("heard %s", text(n.heard())) })
	}
	// Node's emitter, to a node of Go.
	c.clients.run(`on.emitter({ url, key: "emitted" });
		on.out.to("room").except("nobody").emit("from node", Buffer.from([2]));
		on.out.socketsLeave("room");
		on.out.serverSideEmit("plain");
		on.out.to("room").emit("left");
		on.out.emit("end");
		await on.redis.quit();`, with{"url": redis.URL()}, nil)
	c.expect(map[string][]any{"a": {event("from node", []byte{2}), event("end")}})
}
