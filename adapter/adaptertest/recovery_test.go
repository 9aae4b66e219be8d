package adaptertest

import (
	"encoding/base64"
	"fmt"
	"strings"
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
	eventually(t, "session with its room", func() bool { return c.keptIn("a", "room") })
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

// TestRecoveryFromAKilledProcess: a client of a process that is killed, while another one
// and Node emit to its room, gets from the next node exactly what it has missed.
func TestRecoveryFromAKilledProcess(t *testing.T) {
	redis := redistest.Start(t)
	survivor := startGoServer(t, recovering, redis.URL(), "r")
	node := startNodeIn(t, recovering, "r", with{"url": redis.URL()})
	c := &cluster{t: t, redis: redis, clients: startPeer(t), ids: map[string]string{}}
	for round := range 3 {
		dying := startGoProcess(t, recovering, redis.URL(), "r")
		eventually(t, "three nodes", func() bool { return survivor.serverCount() == 3 && node.serverCount() == 3 })
		name := fmt.Sprint("client ", round)
		c.connect(name, dying.url())
		// The library tells a client that it is connected before it knows the client
		// itself: it ends the connection of one that is quick to send something.
		eventually(t, "a client that is listened to", func() bool {
			found, _ := survivor.fetch(target{rooms: []string{c.ids[name]}})
			return len(found) == 1 && found[0].Data != nil
		})
		c.joinByClient(name, "room")
		eventually(t, "session with its room", func() bool { return c.keptIn(name, "room") })
		numbers := startNumbers(survivor.emit)
		node.run(`on.sent = 0;
			on.load = setInterval(() => on.io.to("room").emit("node", on.sent++), 5);`, nil, nil)
		more := func() {
			t.Helper()
			enough := numbers.next.Load() + 50
			eventually(t, "more events", func() bool { return numbers.next.Load() > enough })
		}
		eventually(t, "some events", func() bool { return len(c.numbers(name)) > 50 })
		dying.kill()
		eventually(t, "end of the connection", func() bool {
			var closed string
			c.clients.run("return on.clients[name].closed ?? ''", with{"name": name}, &closed)
			return closed != ""
		})
		more()
		if !c.back(name, survivor.url()) {
			t.Errorf("round %d: not recovered", round)
		}
		more()
		last := numbers.stop()
		var sent int
		node.run("clearInterval(on.load); return on.sent", nil, &sent)
		var ofGo, ofNode []int
		eventually(t, "last events", func() bool {
			ofGo = c.numbers(name)
			c.clients.run("return on.clients[name].got.filter(([event]) => event === 'node').map(([, n]) => n)", with{"name": name}, &ofNode)
			return len(ofGo) > 0 && ofGo[len(ofGo)-1] == last && len(ofNode) > 0 && ofNode[len(ofNode)-1] == sent-1
		})
		inSequence(t, "Go", ofGo, last+1)
		inSequence(t, "Node", ofNode, sent)
		c.clients.run("on.clients[name].socket.disconnect()", with{"name": name}, nil)
	}
}

// keptIn reports whether a client's session is kept in Redis with a room.
func (c *cluster) keptIn(name, room string) bool {
	c.t.Helper()
	var pid string
	c.clients.run("return on.clients[name].socket._pid", with{"name": name}, &pid)
	kept, err := base64.StdEncoding.DecodeString(c.redis.Do("GET", "sio:session:"+pid))
	if err != nil {
		c.t.Fatal(err)
	}
	return strings.Contains(string(kept), string([]byte{0xa0 | byte(len(room))})+room) // in MessagePack
}

// inSequence holds numbers to be all from 0, each once, in order.
func inSequence(t *testing.T, who string, numbers []int, count int) {
	t.Helper()
	for i, n := range numbers {
		if n != i {
			t.Fatalf("%s: got %d in place of %d, %d in all", who, n, i, len(numbers))
		}
	}
	if len(numbers) != count {
		t.Errorf("%s: got %d, want %d", who, len(numbers), count)
	}
}

// TestRecoveryBeforeTheEndIsNoticed: a client comes back while the server still takes its
// former connection for alive, as after a change of network. The restored socket gets all
// that comes, also when the former one is over.
func TestRecoveryBeforeTheEndIsNoticed(t *testing.T) {
	redis := redistest.Start(t)
	server := startGoServer(t, recovering, redis.URL(), "r")
	c := &cluster{t: t, redis: redis, clients: startPeer(t), ids: map[string]string{}}
	c.connect("left", server.url())
	c.joinByClient("left", "room")
	server.emit(target{rooms: []string{"room"}}, "n", 0)
	eventually(t, "first event", func() bool { return len(c.numbers("left")) == 1 })
	eventually(t, "session with its room", func() bool { return c.keptIn("left", "room") })

	// The former connection stays; what is sent to it from here on does not count.
	c.connect("back", server.url())
	c.clients.run(`const { socket: left } = on.clients.left, { socket } = on.clients.back;
		left.io.reconnection(false);
		socket.disconnect();
		socket._pid = left._pid;
		socket._lastOffset = left._lastOffset;`, nil, nil)
	const missed, all = 20, 200
	for i := 1; i < missed; i++ {
		server.emit(target{rooms: []string{"room"}}, "n", i)
	}
	if !c.back("back", server.url()) {
		t.Fatal("not recovered while the former connection was there")
	}
	var id string
	c.clients.run("return on.clients.back.socket.id", nil, &id)
	if id != c.ids["left"] {
		t.Errorf("restored as %s, was %s", id, c.ids["left"])
	}
	eventually(t, "end of the former connection", func() bool {
		var closed string
		c.clients.run("return on.clients.left.closed ?? ''", nil, &closed)
		return closed != ""
	})
	for i := missed; i <= all; i++ {
		server.emit(target{rooms: []string{"room"}}, "n", i)
	}
	eventually(t, "last event", func() bool {
		got := c.numbers("back")
		return len(got) > 0 && got[len(got)-1] == all
	})
	inSequence(t, "restored", append([]int{0}, c.numbers("back")...), all+1)
	found, _ := server.fetch(target{rooms: []string{"room"}})
	if len(found) != 1 {
		t.Errorf("%d sockets are in the room, want 1: %+v", len(found), found)
	}
}

// TestRecoveryOfOneThrownOut: who was thrown out by the server does not come back to the
// session that was kept while it lasted.
func TestRecoveryOfOneThrownOut(t *testing.T) {
	redis := redistest.Start(t)
	server := startGoServer(t, recovering, redis.URL(), "r")
	c := &cluster{t: t, redis: redis, clients: startPeer(t), ids: map[string]string{}}
	for _, closeConn := range []bool{true, false} {
		name := fmt.Sprint("close ", closeConn)
		c.connect(name, server.url())
		c.joinByClient(name, "room")
		server.emit(target{rooms: []string{"room"}}, "n", 0)
		eventually(t, "first event", func() bool { return len(c.numbers(name)) == 1 })
		eventually(t, "session with its room", func() bool { return c.keptIn(name, "room") })
		var pid string
		c.clients.run("return on.clients[name].socket._pid", with{"name": name}, &pid)
		server.disconnect(target{rooms: []string{c.ids[name]}}, closeConn)
		eventually(t, "end of the session", func() bool { return redis.Do("EXISTS", "sio:session:"+pid) == "0" })
		if c.back(name, server.url()) {
			t.Errorf("%s: its session was restored", name)
		}
	}
}
