package dispatch_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zishang520/socket.io/v2/socket"

	"nudge/server/internal/dispatch"
)

const events = 5000

// expectOrder checks that the record is 0, 1, 2, …
func expectOrder(t *testing.T, list []string) {
	t.Helper()
	for i, got := range list {
		if got != fmt.Sprint(i) {
			t.Fatalf("event %d is %s", i, got)
		}
	}
}

func TestOrderOnWebsocket(t *testing.T) {
	n := newNode(t, dispatch.Config{})
	var r record
	var running atomic.Int32
	n.onConnection(t, func(s *socket.Socket) {
		_ = s.On("n", func(args ...any) {
			if running.Add(1) != 1 {
				t.Error("two handlers of one connection run at a time")
			}
			r.add("%v", args[0])
			running.Add(-1)
		})
	})
	c := n.connect(t)
	for i := range events {
		c.Send(fmt.Sprintf(`42["n",%d]`, i))
	}
	expectOrder(t, r.wait(t, events))
}

func TestOrderOnPolling(t *testing.T) {
	n := newNode(t, dispatch.Config{})
	var r record
	n.onConnection(t, func(s *socket.Socket) {
		_ = s.On("n", func(args ...any) { r.add("%v", args[0]) })
	})
	get := func(url string) string {
		res, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	url := n.url + "polling"
	sid := strings.Split(get(url), `"`)[3]
	url += "&sid=" + sid
	post := func(body string) {
		res, err := http.Post(url, "text/plain", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Fatalf("post answered %d", res.StatusCode)
		}
	}
	post("40")
	get(url)
	for i := 0; i < events; i += 100 {
		packets := make([]string, 100)
		for j := range packets {
			packets[j] = fmt.Sprintf(`42["n",%d]`, i+j)
		}
		post(strings.Join(packets, "\x1e"))
	}
	expectOrder(t, r.wait(t, events))
	post("41")
}

// Middleware of every sort is run, in order, and what it does to its event does
// nothing to others'.
func TestOrderWithMiddleware(t *testing.T) {
	n := newNode(t, dispatch.Config{TurnTimeout: 50 * time.Millisecond})
	var r record
	n.onConnection(t, func(s *socket.Socket) {
		s.Use(func(event []any, next func(error)) {
			switch event[0] {
			case "later":
				go next(nil)
			case "refused":
				next(errors.New("no"))
			case "kept":
				// and never passed on
			default:
				next(nil)
			}
		})
		_ = s.On("error", func(args ...any) { r.add("error %v", args[0]) })
		for _, name := range []string{"now", "later", "refused", "kept"} {
			_ = s.On(name, func(args ...any) { r.add("%s %v", name, args[0]) })
		}
	})
	c := n.connect(t)
	for _, event := range []string{"now", "later", "refused", "now", "kept", "later", "now"} {
		c.Send(`42["` + event + `",1]`)
	}
	want := "now 1, later 1, error no, now 1, later 1, now 1"
	if got := strings.Join(r.wait(t, 6), ", "); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if !strings.Contains(n.log.String(), "not passed on in time") {
		t.Error("nothing was logged of the event that was kept")
	}
}

// A handler may wait for an ack of its own client: acks do not queue.
func TestHandlerAwaitsAck(t *testing.T) {
	n := newNode(t, dispatch.Config{})
	var r record
	n.onConnection(t, func(s *socket.Socket) {
		_ = s.On("ask", func(...any) {
			answered := make(chan any, 1)
			s.EmitWithAck("question")(func(args []any, _ error) { answered <- args[0] })
			r.add("answer %v", <-answered)
		})
		_ = s.On("after", func(...any) { r.add("after") })
	})
	c := n.connect(t)
	c.Send(`42["ask"]`)
	c.Expect(`421["question"]`)
	c.Send(`42["after"]`)
	c.Send(`431["yes"]`)
	if got := strings.Join(r.wait(t, 2), ", "); got != "answer yes, after" {
		t.Errorf("got %s", got)
	}
}

// The ack may be behind more than a connection may have waiting, whether the
// handler asks before the reading has stopped or after.
func TestHandlerAwaitsAckBehindAFlood(t *testing.T) {
	for _, asks := range []string{"before", "after"} {
		t.Run(asks, func(t *testing.T) {
			n := newNode(t, dispatch.Config{MaxQueued: 100_000})
			var r record
			flooded := make(chan struct{})
			n.onConnection(t, func(s *socket.Socket) {
				_ = s.On("ask", func(...any) {
					answered := make(chan any, 1)
					if asks == "after" {
						<-flooded
					}
					s.EmitWithAck("question")(func(args []any, _ error) { answered <- args[0] })
					<-answered
				})
				_ = s.On("n", func(args ...any) { r.add("%v", args[0]) })
			})
			c := n.connect(t)
			c.Send(`42["ask"]`)
			const flood = 2000 // some 540,000 bytes, as they are counted
			for i := range flood {
				c.Send(fmt.Sprintf(`42["n",%d]`, i))
			}
			close(flooded)
			c.Expect(`421["question"]`)
			c.Send(`431["answer"]`)
			expectOrder(t, r.wait(t, flood))
		})
	}
}

func TestAcksAnswer(t *testing.T) {
	n := newNode(t, dispatch.Config{})
	n.onConnection(t, func(s *socket.Socket) {
		_ = s.On("echo", func(args ...any) {
			args[len(args)-1].(socket.Ack)(args[:len(args)-1], nil)
		})
	})
	c := n.connect(t)
	c.Send(`427["echo",1,"two",{"three":3}]`)
	c.Expect(`437[1,"two",{"three":3}]`)
	c.Send(`428["echo"]`)
	c.Expect(`438[]`)
}

// A panic is logged and answered; the connection and its order go on.
func TestPanic(t *testing.T) {
	var r record
	n := newNode(t, dispatch.Config{OnPanic: func(p dispatch.Panic) {
		r.add("panic in %s: %v, ack %v", p.Event, p.Value, p.Ack != nil)
		if p.Ack != nil {
			p.Ack([]any{"failed"}, nil)
		}
	}})
	n.onConnection(t, func(s *socket.Socket) {
		_ = s.On("bad", func(...any) { panic("oops") })
		_ = s.On("good", func(...any) { r.add("good") })
		_ = s.On("ask", func(...any) {
			_ = s.Emit("question", func([]any, error) { panic("in an ack") })
		})
		_ = s.On("disconnect", func(...any) { panic("at the end") })
	})
	n.onConnection(t, func(s *socket.Socket) {
		s.Use(func(event []any, next func(error)) {
			if event[0] == "unwanted" {
				panic("in middleware")
			}
			next(nil)
		})
	})
	n.onConnection(t, func(*socket.Socket) { panic("on connection") })
	n.Sockets().Use(func(s *socket.Socket, next func(*socket.ExtendedError)) {
		_ = s.Handshake().Auth.(map[string]any) // which a bare "40" has not
		next(nil)
	})
	n.dial(t).Send("40")
	c := n.dial(t)
	c.Send("40{}")
	c.ExpectPrefix("40{")
	c.Send(`42["unwanted"]`)
	r.wait(t, 1)
	c.Send(`42["bad"]`)
	c.Send(`421["bad"]`)
	c.Send(`42["good"]`)
	c.Expect(`431["failed"]`)
	want := "panic in unwanted: in middleware, ack false, panic in bad: oops, ack false, panic in bad: oops, ack true, good"
	if got := strings.Join(r.wait(t, 4), ", "); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	c.Send(`42["ask"]`)
	c.Expect(`421["question"]`)
	c.Send(`431[]`)
	c.Send(`421["bad"]`) // and all goes on
	c.Expect(`431["failed"]`)
	_ = c.Conn.Close()
	r.wait(t, 6)
	for _, want := range []string{"oops", "in middleware", "a namespace's middleware panicked", "on connection", "in an ack", "at the end", "order_test.go"} {
		if !strings.Contains(n.log.String(), want) {
			t.Errorf("%q is not in the log", want)
		}
	}
}

// Events sent right behind CONNECT find the handlers of "connection" in place.
func TestEventsAwaitConnection(t *testing.T) {
	n := newNode(t, dispatch.Config{})
	var r record
	n.onConnection(t, func(s *socket.Socket) {
		time.Sleep(20 * time.Millisecond) // handlers that come late, on purpose
		_ = s.On("early", func(args ...any) { r.add("%v", args[0]) })
	})
	c := n.dial(t)
	c.Send("40")
	for i := range 10 {
		c.Send(fmt.Sprintf(`42["early",%d]`, i))
	}
	expectOrder(t, r.wait(t, 10))
}

// The events that came before the end are handled before "disconnect".
func TestEventsBeforeDisconnect(t *testing.T) {
	for _, how := range []string{"transport close", "client namespace disconnect"} {
		t.Run(how, func(t *testing.T) {
			n := newNode(t, dispatch.Config{})
			var r record
			n.onConnection(t, func(s *socket.Socket) {
				_ = s.On("n", func(args ...any) {
					time.Sleep(time.Millisecond) // so that a queue builds up
					r.add("%v", args[0])
				})
				_ = s.On("disconnect", func(args ...any) { r.add("%v", args[0]) })
			})
			c := n.connect(t)
			for i := range 50 {
				c.Send(fmt.Sprintf(`42["n",%d]`, i))
			}
			if how == "transport close" {
				_ = c.Conn.Close()
			} else {
				c.Send("41")
			}
			list := r.wait(t, 51)
			expectOrder(t, list[:50])
			if list[50] != how {
				t.Errorf("the reason is %q", list[50])
			}
		})
	}
}

// A handler that never returns holds up "disconnect" for DrainTimeout only.
func TestStuckHandlerCannotKeepASocket(t *testing.T) {
	n := newNode(t, dispatch.Config{DrainTimeout: 50 * time.Millisecond})
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	entered, left := make(chan struct{}), make(chan struct{})
	n.onConnection(t, func(s *socket.Socket) {
		_ = s.On("stuck", func(...any) {
			close(entered)
			<-release
		})
		_ = s.On("disconnect", func(...any) { close(left) })
	})
	c := n.connect(t)
	c.Send(`42["stuck"]`)
	<-entered
	_ = c.Conn.Close()
	select {
	case <-left:
	case <-time.After(patience):
		t.Fatal("the socket did not leave")
	}
}

// A queue over its bound stops the reading, and loses nothing.
func TestBackpressure(t *testing.T) {
	n := newNode(t, dispatch.Config{MaxQueued: 10_000})
	var r record
	release := make(chan struct{})
	n.onConnection(t, func(s *socket.Socket) {
		_ = s.On("n", func(args ...any) {
			<-release
			r.add("%v", args[0])
		})
	})
	c := n.connect(t)
	padding := strings.Repeat("x", 1000)
	var sent atomic.Int32
	var sender sync.WaitGroup
	const total = 20_000 // some 20 MB: more than the kernel's buffers hold
	sender.Go(func() {
		for i := range total {
			c.Send(fmt.Sprintf(`42["n",%d,"%s"]`, i, padding))
			sent.Add(1)
		}
	})
	settled := func() int32 {
		for last := int32(-1); ; {
			now := sent.Load()
			if now == last && now > 0 {
				return now
			}
			last = now
			time.Sleep(200 * time.Millisecond)
		}
	}
	if got := settled(); got == total {
		t.Errorf("all %d events were read while the first was being handled", total)
	}
	close(release)
	sender.Wait()
	expectOrder(t, r.wait(t, total))
}

// Events that middleware swallows, one after the other, hold up those behind
// them for a time each, and the end of their connection for little.
func TestSwallowedEvents(t *testing.T) {
	n := newNode(t, dispatch.Config{TurnTimeout: 20 * time.Millisecond})
	var r record
	n.onConnection(t, func(s *socket.Socket) {
		s.Use(func(event []any, next func(error)) {
			if event[0] != "swallowed" {
				next(nil)
			}
		})
		_ = s.On("kept", func(...any) { r.add("kept") })
		_ = s.On("disconnect", func(...any) { r.add("gone") })
	})
	c := n.connect(t)
	for range 5 {
		c.Send(`42["swallowed"]`)
	}
	c.Send(`42["kept"]`)
	r.wait(t, 1)
	c.Send(`42["swallowed"]`)
	_ = c.Conn.Close()
	r.wait(t, 2)
}

// A socket that the server disconnects takes its waiting events along, and not
// the connection, which other namespaces are on.
func TestServerDisconnectsOneNamespace(t *testing.T) {
	n := newNode(t, dispatch.Config{})
	entered := make(chan struct{})
	n.onConnection(t, func(s *socket.Socket) {
		_ = s.On("ping", func(args ...any) { args[0].(socket.Ack)(nil, nil) })
	})
	_ = n.Of("/admin", nil).On("connection", func(args ...any) {
		s := args[0].(*socket.Socket)
		_ = s.On("go", func(...any) {
			<-entered
			s.Disconnect(false)
		})
	})
	c := n.connect(t)
	c.Send("40/admin,")
	c.ExpectPrefix("40/admin,{")
	for range 3 {
		c.Send(`42/admin,["go"]`)
	}
	c.Send(`421["ping"]`)
	c.Expect(`431[]`)
	close(entered)
	c.Expect("41/admin,")
	c.Send(`422["ping"]`)
	c.Expect(`432[]`)
}

// Namespaces do not wait for each other.
func TestNamespacesAreIndependent(t *testing.T) {
	n := newNode(t, dispatch.Config{})
	var r record
	release := make(chan struct{})
	n.onConnection(t, func(s *socket.Socket) {
		_ = s.On("slow", func(...any) {
			<-release
			r.add("slow")
		})
	})
	_ = n.Of("/other", nil).On("connection", func(args ...any) {
		s := args[0].(*socket.Socket)
		_ = s.On("quick", func(...any) {
			r.add("quick")
			close(release)
		})
	})
	c := n.connect(t)
	c.Send("40/other,")
	c.ExpectPrefix("40/other,{")
	c.Send(`42["slow"]`)
	c.Send(`42/other,["quick"]`)
	if got := strings.Join(r.wait(t, 2), ", "); got != "quick, slow" {
		t.Errorf("got %s", got)
	}
}

// A client that was refused may try again on the same connection.
func TestConnectAgainAfterRefusal(t *testing.T) {
	n := newNode(t, dispatch.Config{})
	n.Sockets().Use(func(s *socket.Socket, next func(*socket.ExtendedError)) {
		if auth, _ := s.Handshake().Auth.(map[string]any); auth["token"] == "good" {
			next(nil)
		} else {
			next(socket.NewExtendedError("no entry", map[string]any{"why": "token"}))
		}
	})
	c := n.dial(t)
	c.Send(`40{"token":"bad"}`)
	c.Expect(`44{"data":{"why":"token"},"message":"no entry"}`)
	c.Send(`40{"token":"good"}`)
	c.ExpectPrefix("40{")
	// And after it left, once more.
	c.Send("41")
	c.Send(`40{"token":"good"}`)
	c.ExpectPrefix("40{")
}
