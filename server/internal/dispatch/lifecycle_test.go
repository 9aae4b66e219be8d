package dispatch_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zishang520/socket.io/v2/socket"

	"nudge/server/internal/dispatch"
)

// Clients that go at any moment leave nothing behind, and each "connection" is
// followed by exactly one "disconnect".
func TestNoGhosts(t *testing.T) {
	const clients = 400
	n := newNode(t, dispatch.Config{})
	var connected, disconnected atomic.Int32
	n.Sockets().Use(func(_ *socket.Socket, next func(*socket.ExtendedError)) {
		if rand.N(2) == 0 {
			go next(nil)
		} else {
			next(nil)
		}
	})
	n.onConnection(t, func(s *socket.Socket) {
		connected.Add(1)
		s.Join("room")
		var once atomic.Bool
		_ = s.On("disconnect", func(...any) {
			if once.Swap(true) {
				t.Error("disconnected twice")
			}
			disconnected.Add(1)
		})
	})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range clients / 8 {
				c := n.dial(t)
				c.Send("40")
				if i%3 == 0 {
					c.ExpectPrefix("40{")
				}
				if i%5 == 0 {
					c.Send(`42["hello"]`)
				}
				if i%2 == 0 {
					c.Send("41")
				}
				_ = c.Conn.Close()
			}
		})
	}
	all.Wait()
	deadline := time.Now().Add(patience)
	for {
		sockets := n.Sockets().Sockets().Len()
		members := n.Sockets().Adapter().Sids().Len()
		sessions := n.engine.Stats().Sessions
		if sockets+members+sessions == 0 && connected.Load() == disconnected.Load() {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("left behind: %d sockets, %d members, %d sessions; %d connected, %d disconnected",
				sockets, members, sessions, connected.Load(), disconnected.Load())
		}
		time.Sleep(time.Millisecond)
	}
}

// Names of namespaces that a client makes up do not pile up.
func TestNamespacesAreBounded(t *testing.T) {
	n := newNode(t, dispatch.Config{})
	_ = n.Of("/known", nil)
	c := n.connect(t)
	for range 1000 { // one at a time, any number may be joined and left
		c.Send("40/known,")
		c.ExpectPrefix("40/known,{")
		c.Send("41/known,")
	}
	for i := range 256 {
		c.Send(fmt.Sprintf("40/%d,", i))
		c.Expect(fmt.Sprintf(`44/%d,{"message":"Invalid namespace"}`, i))
	}
	c.Send("40/one too many,")
	c.Closed()
}

// What is emitted before a disconnect by the server arrives before it.
func TestEmitThenDisconnect(t *testing.T) {
	n := newNode(t, dispatch.Config{})
	n.onConnection(t, func(s *socket.Socket) {
		for i := range 10 {
			_ = s.Emit("n", i)
		}
		s.Disconnect(true)
	})
	for range 100 {
		c := n.connect(t)
		for i := range 10 {
			c.Expect(fmt.Sprintf(`42["n",%d]`, i))
		}
		c.Expect("41")
	}
}

// Reconnecting within one connection, over and over, keeps its order.
func TestConnectDisconnectCycles(t *testing.T) {
	n := newNode(t, dispatch.Config{})
	var r record
	n.onConnection(t, func(s *socket.Socket) {
		_ = s.On("n", func(args ...any) { r.add("%v", args[0]) })
	})
	c := n.dial(t)
	const cycles = 300
	for i := range cycles {
		c.Send("40")
		c.Send(fmt.Sprintf(`42["n",%d]`, i))
		c.Send("41")
		c.ExpectPrefix("40{")
	}
	expectOrder(t, r.wait(t, cycles))
}
