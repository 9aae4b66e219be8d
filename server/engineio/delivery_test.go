package engineio_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/zishang520/engine.io/v2/types"

	"nudge/server/engineio"
)

// waitFor polls a condition.
func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func frameOf(message string) []byte {
	return ws.MustCompileFrame(ws.NewTextFrame([]byte("4" + message)))
}

// Frames, messages and replies of one session leave in the order they were
// queued in, however they are written.
func TestOutboxOrder(t *testing.T) {
	const total = 3000
	e := newEcho(t, engineio.Config{})
	c := e.startWebsocket(t)
	s := next(t, e.opened)
	go func() {
		for i := range total {
			message := fmt.Sprintf("%d %s", i, strings.Repeat("x", i%7*2500))
			if i%3 == 0 {
				s.Write(types.NewStringBufferString(message), nil, nil)
			} else {
				s.WriteFrames(frameOf(message), false, i%3 == 1)
			}
			if i%50 == 0 {
				waitFor(t, "the outbox to drain", func() bool { return s.Transport().Writable() })
			}
		}
	}()
	for i := range total {
		got, _, _ := strings.Cut(c.text(), " ")
		if got != fmt.Sprintf("4%d", i) {
			t.Fatalf("message %d is %q", i, got)
		}
	}
}

// What was written before Close arrives, also by a poll that comes later.
func TestCloseFlushes(t *testing.T) {
	t.Run("websocket", func(t *testing.T) {
		e := newEcho(t, engineio.Config{})
		c := e.startWebsocket(t)
		s := next(t, e.opened)
		long := strings.Repeat("x", 3<<20)
		s.Write(types.NewStringBufferString(long), nil, nil)
		s.Write(types.NewStringBufferString("last"), nil, nil)
		s.Close(false)
		s.Write(types.NewStringBufferString("after"), nil, nil)
		if got := c.text(); len(got) != len(long)+1 {
			t.Errorf("got %d bytes", len(got))
		}
		if got := c.text(); got != "4last" {
			t.Errorf("got %q", got)
		}
		c.closed()
		if got := next(t, e.closed); got[0] != "forced close" {
			t.Errorf("closed with %v", got)
		}
	})
	t.Run("polling", func(t *testing.T) {
		e := newEcho(t, engineio.Config{})
		sid := e.startPolling(t)
		s := next(t, e.opened)
		s.Write(types.NewStringBufferString("last"), nil, nil)
		s.Close(false)
		for _, want := range []string{"4last", "1"} { // the close packet alone, in the end
			if status, body := e.request(t, http.MethodGet, polling(sid), ""); status != 200 || body != want {
				t.Errorf("poll answered %d %q, want %q", status, body, want)
			}
		}
		next(t, e.closed)
	})
}

// A client that takes nothing is closed at the bound, and costs others nothing.
func TestSlowConsumer(t *testing.T) {
	e := newEcho(t, engineio.Config{MaxOutbox: 1 << 20})
	e.startWebsocket(t) // and never reads again
	slow := next(t, e.opened)
	other := e.startWebsocket(t)
	quick := next(t, e.opened)
	frame := frameOf(strings.Repeat("x", 64<<10))
	for slow.ReadyState() == "open" {
		slow.WriteFrames(frame, false, true)
		quick.WriteFrames(frame, false, true)
		if got := other.text(); len(got) != 64<<10+1 {
			t.Fatalf("the other client got %d bytes", len(got))
		}
	}
	got := next(t, e.closed)
	if err, _ := got[1].(error); got[0] != "transport error" || !errors.Is(err, engineio.ErrSlowConsumer) {
		t.Errorf("closed with %v", got)
	}
	if n := e.Stats().SlowConsumers; n != 1 {
		t.Errorf("%d slow consumers counted", n)
	}
}

func TestVolatileIsDroppedForABusyClient(t *testing.T) {
	e := newEcho(t, engineio.Config{})
	sid := e.startPolling(t)
	s := next(t, e.opened)
	s.WriteFrames(frameOf("volatile"), true, false) // no poll waits
	s.WriteFrames(frameOf("lasting"), false, true)
	if _, body := e.request(t, http.MethodGet, polling(sid), ""); body != "4lasting" {
		t.Errorf("poll answered %q", body)
	}
}

// A paused connection is not read, and loses nothing.
func TestPause(t *testing.T) {
	e := newEcho(t, engineio.Config{})
	c := e.startWebsocket(t)
	s := next(t, e.opened)
	s.Pause()
	c.send("4first") // may still be in the reader's hands
	c.send("4second")
	s.Resume()
	if first, second := c.text(), c.text(); first != "4first" || second != "4second" {
		t.Errorf("got %q, %q", first, second)
	}

	sid := e.startPolling(t)
	p := next(t, e.opened)
	p.Pause()
	answered := make(chan string, 1)
	go func() {
		_, body := e.request(t, http.MethodPost, polling(sid), "4a")
		answered <- body
	}()
	if _, body := e.request(t, http.MethodGet, polling(sid), ""); body != "4a" {
		t.Errorf("poll answered %q", body)
	}
	select {
	case <-answered:
		t.Error("the post was answered while the connection was paused")
	default:
	}
	p.Resume()
	if got := next(t, answered); got != "ok" {
		t.Errorf("the post was answered %q", got)
	}
}

func TestServerClose(t *testing.T) {
	e := newEcho(t, engineio.Config{CloseTimeout: 100 * time.Millisecond})
	c := e.startWebsocket(t)
	silent := e.startPolling(t)
	next(t, e.opened).Write(types.NewStringBufferString("bye"), nil, nil)
	closed := make(chan struct{})
	go func() {
		e.Close()
		close(closed)
	}()
	if got := c.text(); got != "4bye" {
		t.Errorf("got %q", got)
	}
	c.closed()
	next(t, closed) // although silent never polls
	if status, _ := e.request(t, http.MethodGet, polling(silent), ""); status != 400 {
		t.Errorf("a poll afterwards answered %d", status)
	}
	if status, _ := e.request(t, http.MethodGet, "&transport=polling", ""); status != 503 {
		t.Errorf("a handshake afterwards answered %d", status)
	}
}

func TestBodyLimits(t *testing.T) {
	e := newEcho(t, engineio.Config{MaxPayload: 1000})
	for _, c := range []struct {
		name    string
		size    int
		chunked bool
		status  int
	}{
		{"at the limit", 1000, false, 200},
		{"over the limit", 1001, false, 413},
		{"over the limit, in chunks", 5000, true, 413},
	} {
		t.Run(c.name, func(t *testing.T) {
			sid := e.startPolling(t)
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.url+polling(sid),
				strings.NewReader("4"+strings.Repeat("x", c.size-1)))
			if err != nil {
				t.Fatal(err)
			}
			if c.chunked {
				req.ContentLength = -1
			}
			if status, _ := do(t, req); status != c.status {
				t.Errorf("answered %d, want %d", status, c.status)
			}
		})
	}
}

// The time that a slow client has to take an answer ends with the answer: the
// next one on the same connection has its own.
func TestWriteTimeoutIsPerAnswer(t *testing.T) {
	e := newEcho(t, engineio.Config{WriteTimeout: 50 * time.Millisecond})
	sid := e.startPolling(t)
	e.request(t, http.MethodPost, polling(sid), "4a")
	e.request(t, http.MethodGet, polling(sid), "")
	time.Sleep(100 * time.Millisecond) // the deadline of the answer above has passed
	if status, body := e.request(t, http.MethodPost, polling(sid), "4b"); status != 200 || body != "ok" {
		t.Errorf("post answered %d %q", status, body)
	}
}
