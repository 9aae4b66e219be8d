package adaptertest

import (
	"testing"
	"time"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

// recovering are streams, with sessions that are restored.
var recovering = kind{
	name: "streams", peer: "streams", recovery: true,
	options: map[string]any{"server": map[string]any{"connectionStateRecovery": map[string]any{}}},
	make:    streams(adapter.StreamsConfig{}),
}

// cut ends a client's connection without a goodbye, and returns when its session is in
// Redis: Node keeps it only now.
func (c *cluster) cut(name string) {
	c.t.Helper()
	var pid string
	c.clients.run(`const { socket } = on.clients[name];
		const gone = new Promise((done) => socket.once("disconnect", done));
		socket.io.engine.transport.ws.terminate();
		await gone;
		return socket._pid;`, with{"name": name}, &pid)
	eventually(c.t, "session", func() bool { return c.redis.Do("EXISTS", "sio:session:"+pid) == "1" })
}

// move cuts a client's connection, and connects it elsewhere.
func (c *cluster) move(name, url string) (recovered bool) {
	c.t.Helper()
	c.cut(name)
	return c.back(name, url)
}

// back connects a client that was cut.
func (c *cluster) back(name, url string) (recovered bool) {
	c.t.Helper()
	c.clients.run(`const { socket } = on.clients[name];
		const back = new Promise((done, failed) => { socket.once("connect", done); socket.once("connect_error", failed); });
		socket.io.uri = url;
		socket.connect();
		await back;
		return socket.recovered;`, with{"name": name, "url": url}, &recovered)
	return recovered
}

// numbers are those of the events that a client has got, without their offsets.
func (c *cluster) numbers(name string) []int {
	c.t.Helper()
	var all []int
	c.clients.run("return on.clients[name].got.filter(([event]) => event === 'n').map(([, n]) => n)", with{"name": name}, &all)
	return all
}

// TestRecovery moves a client from node to node while one of them emits to its room: it
// gets each event once, in order.
func TestRecovery(t *testing.T) {
	redis := redistest.Start(t)
	proxy := redistest.StartProxy(t, redis)
	one := startGoServer(t, recovering, proxy.URL(), "r")
	two := startGoServer(t, recovering, redis.URL(), "r")
	node := startNodeIn(t, recovering, "r", with{"url": redis.URL()})
	eventually(t, "three nodes", func() bool { return one.serverCount() == 3 && node.serverCount() == 3 })
	c := &cluster{t: t, redis: redis, clients: startPeer(t), ids: map[string]string{}}
	c.connect("a", one.url())
	c.joinByClient("a", "room")
	// Its own room and this one are kept in Redis in a moment.
	eventually(t, "session", func() bool { return len(redis.Do("KEYS", "sio:session:*")) > 0 })
	one.emit(target{rooms: []string{"room"}}, "n", -1)
	eventually(t, "first event", func() bool { return len(c.numbers("a")) == 1 })
	time.Sleep(200 * time.Millisecond) // longer than a change waits to be kept

	// To Node and back, while nothing is emitted: a node of Node gives a client again
	// what it had not read itself when the client came.
	for i, url := range []string{node.url(), one.url()} {
		c.cut("a")
		two.emit(target{rooms: []string{"room"}}, "n", i)
		if !c.back("a", url) {
			t.Errorf("move %d: not recovered", i)
		}
		eventually(t, "missed event", func() bool { return len(c.numbers("a")) == i+2 })
	}

	const first, each = 2, 600
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := first; i < each; i++ {
			two.emit(target{rooms: []string{"room"}}, "n", i)
			time.Sleep(2 * time.Millisecond) // its load
		}
	}()
	if !c.move("a", two.url()) {
		t.Error("not recovered on another node")
	}
	if !c.move("a", one.url()) {
		t.Error("not recovered on the first node")
	}
	time.Sleep(200 * time.Millisecond) // longer than a change waits to be kept
	// The node dies without a goodbye: nothing of it reaches Redis any more.
	proxy.BlackHole()
	if !c.move("a", two.url()) {
		t.Error("not recovered from a node that died")
	}
	<-done
	two.emit(target{rooms: []string{"room"}}, "n", each)
	var got []int
	eventually(t, "last event", func() bool {
		got = c.numbers("a")
		return len(got) > 0 && got[len(got)-1] == each
	})
	for i, n := range got {
		if n != i-1 {
			t.Fatalf("got %d in place of %d, %d in all", n, i-1, len(got))
		}
	}
	if len(got) != each+2 {
		t.Errorf("got %d events, want %d", len(got), each+2)
	}
	proxy.Heal()
}
