package engineio_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"nudge/server/engineio"
)

// impatient gives clients up soon.
var impatient = engineio.Config{PingInterval: 50 * time.Millisecond, PingTimeout: 50 * time.Millisecond}

// Clients that shake hands and then say nothing, as those whose machine or
// network is gone, are given up, and nothing is kept of them.
func TestSilentClients(t *testing.T) {
	const clients = 100
	for _, transport := range []string{"polling", "websocket"} {
		t.Run(transport, func(t *testing.T) {
			e := newEcho(t, impatient)
			for range clients {
				e.handshake(t, transport, "") // a websocket stays open until the test ends
			}
			for range clients {
				if got := next(t, e.closed); got[0] != engineio.ReasonPingTimeout {
					t.Fatalf("closed with %v", got)
				}
			}
			if stats := e.Stats(); stats.Sessions != 0 {
				t.Errorf("the counts are %+v", stats)
			}
		})
	}
}

// A client that vanishes in the middle of something is noticed as well.
func TestVanishedClients(t *testing.T) {
	message := ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte("4hello"))))
	for name, vanish := range map[string]func(*echo){
		"in a header":  func(e *echo) { _, _ = e.startWebsocket(t).Conn.Write(message[:1]) },
		"in a frame":   func(e *echo) { _, _ = e.startWebsocket(t).Conn.Write(message[:8]) },
		"in a message": func(e *echo) { e.startWebsocket(t).write(ws.NewFrame(ws.OpText, false, []byte("4he"))) },
		"in a probe":   func(e *echo) { e.dial(t, "&sid="+e.startPolling(t)).send("2probe") },
		"in a poll": func(e *echo) {
			conn, err := net.Dial("tcp", strings.TrimPrefix(strings.Split(e.url, "/socket.io")[0], "http://"))
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { _ = conn.Close() })
			_, _ = conn.Write([]byte("GET /socket.io/?EIO=4" + polling(e.startPolling(t)) + " HTTP/1.1\r\nHost: x\r\n\r\n"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEcho(t, impatient)
			vanish(e)
			if got := next(t, e.closed); got[0] != engineio.ReasonPingTimeout {
				t.Errorf("closed with %v", got)
			}
		})
	}
}

// A message may come in any number of pieces, which cost no more memory than the
// message, also where they are empty.
func TestFragmentFlood(t *testing.T) {
	e := newEcho(t, engineio.Config{MaxPayload: 1000})
	c := e.startWebsocket(t)
	c.write(ws.NewFrame(ws.OpText, false, []byte("4hello")))
	empty := bytes.Repeat(ws.MustCompileFrame(ws.MaskFrame(ws.NewFrame(ws.OpContinuation, false, nil))), 10_000)
	before := heap()
	for range 20 { // 200,000 pieces
		if _, err := c.Conn.Write(empty); err != nil {
			t.Fatal(err)
		}
	}
	c.write(ws.NewPingFrame([]byte("x"))) // may come between pieces
	if f := c.frame(); f.Header.OpCode != ws.OpPong {
		t.Fatalf("got a frame of type %d, want a pong", f.Header.OpCode)
	}
	if grown := int64(heap()) - int64(before); grown > 1<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	c.write(ws.NewFrame(ws.OpContinuation, true, []byte(" world")))
	if got := c.text(); got != "4hello world" {
		t.Errorf("got %q", got)
	}

	// A message that never ends does, at the limit.
	c.write(ws.NewFrame(ws.OpText, false, []byte("4")))
	for range 1000 {
		if c.TryWrite(ws.NewFrame(ws.OpContinuation, false, []byte("x"))) != nil {
			break
		}
	}
	if code := c.closed(); code != ws.StatusMessageTooBig {
		t.Errorf("close code %d", code)
	}
}

// A frame that only says that it is long takes no memory.
func TestAnnouncedLengths(t *testing.T) {
	for name, c := range map[string]struct {
		length uint64
		code   ws.StatusCode
	}{
		"beyond the limit": {1_000_001, ws.StatusMessageTooBig},
		"the longest":      {1<<63 - 1, ws.StatusMessageTooBig},
		"negative":         {1 << 63, ws.StatusProtocolError},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEcho(t, engineio.Config{})
			client := e.startWebsocket(t)
			header := append([]byte{0x81, 0x80 | 127}, make([]byte, 12)...)
			binary.BigEndian.PutUint64(header[2:], c.length)
			if _, err := client.Conn.Write(header); err != nil {
				t.Fatal(err)
			}
			if code := client.closed(); code != c.code {
				t.Errorf("close code %d, want %d", code, c.code)
			}
		})
	}
	t.Run("up to the limit", func(t *testing.T) {
		e := newEcho(t, engineio.Config{})
		before := heap()
		for range 50 {
			header := append([]byte{0x81, 0x80 | 127}, make([]byte, 12)...)
			binary.BigEndian.PutUint64(header[2:], 1_000_000)
			if _, err := e.startWebsocket(t).Conn.Write(append(header, '4')); err != nil {
				t.Fatal(err)
			}
		}
		if grown := int64(heap()) - int64(before); grown > 10<<20 {
			t.Errorf("the heap grew by %d bytes for 50 bytes of messages", grown)
		}
	})
}

// The id of a session that has ended, or has a websocket, opens nothing.
func TestReusedSessionID(t *testing.T) {
	e := newEcho(t, engineio.Config{})
	sid := e.startPolling(t)
	e.request(t, http.MethodPost, polling(sid), "1")
	next(t, e.closed)
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		if status, body := e.request(t, method, polling(sid), ""); status != 400 || body != `{"code":1,"message":"Session ID unknown"}` {
			t.Errorf("%s: %d %s", method, status, body)
		}
	}
	if _, _, _, err := ws.Dial(t.Context(), "ws"+strings.TrimPrefix(e.url, "http")+"&transport=websocket&sid="+sid); !errors.Is(err, ws.StatusError(400)) {
		t.Errorf("a websocket: %v", err)
	}

	owner := e.dial(t, "")
	sid = sessionID(t, owner.text()[1:])
	thief := e.dial(t, "&sid="+sid)
	_ = thief.TrySend("2probe")
	thief.closed()
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		if status, _ := e.request(t, method, polling(sid), "4mine"); status != 400 {
			t.Errorf("%s with a websocket's id: %d", method, status)
		}
	}
	owner.send("4still there")
	if got := owner.text(); got != "4still there" {
		t.Errorf("got %q", got)
	}
}

// Of many websockets that ask for one session, one gets it, and it works.
func TestProbesAtOnce(t *testing.T) {
	e := newEcho(t, engineio.Config{})
	sid := e.startPolling(t)
	var mu sync.Mutex
	var winners []*client
	var wg sync.WaitGroup
	for range 20 {
		c := e.dial(t, "&sid="+sid)
		wg.Go(func() {
			_ = c.TrySend("2probe")
			if f, err := c.TryFrame(); err == nil && string(f.Payload) == "3probe" {
				mu.Lock()
				defer mu.Unlock()
				winners = append(winners, c)
			}
		})
	}
	wg.Wait()
	if len(winners) != 1 {
		t.Fatalf("%d websockets got the session", len(winners))
	}
	winners[0].send("5")
	winners[0].send("4hello")
	if got := winners[0].text(); got != "4hello" {
		t.Errorf("got %q", got)
	}
}
