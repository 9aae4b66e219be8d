package dispatch_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io/v2/socket"

	"nudge/server/internal/dispatch"
	"nudge/server/internal/wstest"
)

// dial3 opens a websocket of revision 3; the server connects it to "/".
func (n *node) dial3(t testing.TB) *wstest.Client {
	t.Helper()
	c := wstest.Dial(t, strings.Replace(n.url, "EIO=4", "EIO=3", 1)+"websocket")
	c.ExpectPrefix("0{")
	return c
}

// Events of a client that the server connected by itself wait for "connection"
// handlers, and come in order, in "/" and in namespaces with a query.
func TestRevision3Order(t *testing.T) {
	const events = 300
	n := newNode(t, dispatch.Config{})
	goOn := make(chan struct{})
	var seen record
	handle := func(s *socket.Socket) {
		<-goOn
		_ = s.On("event", func(args ...any) { seen.add("%s %v", s.Nsp().Name(), args[0]) })
	}
	n.onConnection(t, handle)
	if err := n.Of("/a b", nil).On("connection", func(args ...any) { handle(args[0].(*socket.Socket)) }); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ connect, answer, prefix, name string }{
		{"", "40", "42", "/"},
		{"40/a%20b?token=c,", "40/a b,", "42/a%20b,", "/a b"},
	} {
		client := n.dial3(t)
		client.Expect("40")
		if c.connect != "" {
			client.Send(c.connect)
			client.Expect(c.answer)
		}
		var want []string
		for i := range events {
			client.Send(fmt.Sprintf(`%s["event",%d]`, c.prefix, i))
			want = append(want, fmt.Sprintf("%s %d", c.name, i))
		}
		if early := seen.snapshot(); c.name == "/" && len(early) > 0 {
			t.Errorf("%q came before the handlers", early)
		}
		if c.name == "/" {
			close(goOn)
		}
		if got := seen.wait(t, events); !slices.Equal(got, want) {
			t.Errorf("got %q", got)
		}
		seen = record{}
	}
}

// Clients that go at any moment leave nothing behind, though no packet of
// theirs asked for the connection.
func TestRevision3NoGhosts(t *testing.T) {
	const clients = 400
	n := newNode(t, dispatch.Config{})
	var connected, disconnected atomic.Int32
	n.Sockets().Use(func(_ *socket.Socket, next func(*socket.ExtendedError)) { go next(nil) })
	n.onConnection(t, func(s *socket.Socket) {
		connected.Add(1)
		_ = s.On("disconnect", func(args ...any) {
			disconnected.Add(1)
			if reason := args[0]; reason != "transport close" && reason != "client namespace disconnect" {
				t.Errorf("disconnected by %v", reason)
			}
		})
	})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range clients / 8 {
				c := n.dial3(t)
				if i%3 == 0 {
					c.Expect("40")
					c.Send("41")
				}
				_ = c.Conn.Close()
			}
		})
	}
	all.Wait()
	deadline := time.Now().Add(patience)
	for n.Sockets().Sockets().Len() > 0 || n.engine.Stats().Sessions > 0 || connected.Load() != disconnected.Load() {
		if time.Now().After(deadline) {
			t.Fatalf("%d sockets, %d sessions; %d connected, %d disconnected",
				n.Sockets().Sockets().Len(), n.engine.Stats().Sessions, connected.Load(), disconnected.Load())
		}
		time.Sleep(time.Millisecond)
	}
}

// joining calls before each time that a socket is about to join its own room.
type joining struct {
	socket.AdapterConstructor
	before func(*socket.Socket)
}

func (j *joining) New(nsp socket.Namespace) socket.Adapter {
	return &joiningAdapter{j.AdapterConstructor.New(nsp), j.before}
}

type joiningAdapter struct {
	socket.Adapter
	before func(*socket.Socket)
}

func (a *joiningAdapter) AddAll(id socket.SocketId, rooms *types.Set[socket.Room]) {
	if s, ok := a.Nsp().Sockets().Load(id); ok && rooms.Has(socket.Room(id)) {
		a.before(s)
	}
	a.Adapter.AddAll(id, rooms)
}

// A connection that ends just before its socket is known of, and after the
// library has looked for the last time, leaves no ghost.
func TestRevision3EndsWhileConnecting(t *testing.T) {
	n := newNode(t, dispatch.Config{}, func(inner socket.AdapterConstructor) socket.AdapterConstructor {
		return &joining{inner, func(s *socket.Socket) {
			over := make(chan struct{})
			_ = s.Conn().On("close", func(...any) { close(over) }) // after the library's own
			s.Conn().Close(true)
			<-over
		}}
	})
	reasons := make(chan any, 1)
	n.onConnection(t, func(s *socket.Socket) {
		_ = s.On("disconnect", func(args ...any) { reasons <- args[0] })
	})
	n.dial3(t)
	select {
	case reason := <-reasons:
		if reason != "transport close" {
			t.Errorf("disconnected by %v", reason)
		}
	case <-time.After(patience):
		t.Fatal("never disconnected")
	}
	deadline := time.Now().Add(patience)
	for n.Sockets().Sockets().Len() > 0 || n.Sockets().Adapter().Sids().Len() > 0 {
		if time.Now().After(deadline) {
			t.Fatalf("%d sockets are left", n.Sockets().Sockets().Len())
		}
		time.Sleep(time.Millisecond)
	}
}

// A packet that would connect such a client a second time ends it.
func TestRevision3ConnectsOnce(t *testing.T) {
	for _, packet := range []string{"40", "40/?token=a,", "40/%zz,"} {
		t.Run(packet, func(t *testing.T) {
			n := newNode(t, dispatch.Config{})
			c := n.dial3(t)
			c.Expect("40")
			c.Send(packet)
			c.Closed()
		})
	}
}
