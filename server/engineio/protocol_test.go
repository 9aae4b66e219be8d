package engineio_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"nudge/server/engineio"
	"nudge/server/internal/wstest"
)

// The cases of the protocol's own test suite
// (https://github.com/socketio/engine.io-protocol, test-suite).

func TestHandshake(t *testing.T) {
	want := `"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`
	e := newEcho(t, engineio.Config{})

	t.Run("polling", func(t *testing.T) {
		status, body := e.request(t, http.MethodGet, "&transport=polling", "")
		if status != 200 {
			t.Errorf("status %d", status)
		}
		sid := sessionID(t, body[1:])
		if got := `0{"sid":"` + sid + `","upgrades":["websocket"],` + want; body != got {
			t.Errorf("got %s\nwant %s", body, got)
		}
		if len(sid) != 20 {
			t.Errorf("sid of %d characters, Node's have 20", len(sid))
		}
	})
	t.Run("websocket", func(t *testing.T) {
		body := e.dial(t, "").text()
		if got := `0{"sid":"` + sessionID(t, body[1:]) + `","upgrades":[],` + want; body != got {
			t.Errorf("got %s\nwant %s", body, got)
		}
	})
}

func TestRefusals(t *testing.T) {
	e := newEcho(t, engineio.Config{})
	base := strings.TrimSuffix(e.url, "?EIO=4")
	for _, c := range []struct {
		name, method, query string
		status              int
		body                string
	}{
		{"no transport", "GET", "?EIO=4", 400, `{"code":0,"message":"Transport unknown"}`},
		{"unknown transport", "GET", "?EIO=4&transport=abc", 400, `{"code":0,"message":"Transport unknown"}`},
		{"unknown sid", "GET", "?EIO=4&transport=polling&sid=abc", 400, `{"code":1,"message":"Session ID unknown"}`},
		{"post without sid", "POST", "?EIO=4&transport=polling", 400, `{"code":2,"message":"Bad handshake method"}`},
		{"put", "PUT", "?EIO=4&transport=polling", 400, `{"code":2,"message":"Bad handshake method"}`},
		{"websocket without upgrade", "GET", "?EIO=4&transport=websocket", 400, `{"code":3,"message":"Bad request"}`},
		{"revision 3", "GET", "?EIO=3&transport=polling", 400, `{"code":5,"message":"Unsupported protocol version"}`},
		{"unknown revision", "GET", "?EIO=abc&transport=polling", 400, `{"code":5,"message":"Unsupported protocol version"}`},
		{"no revision", "GET", "?transport=polling", 400, `{"code":5,"message":"Unsupported protocol version"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), c.method, base+c.query, nil)
			if err != nil {
				t.Fatal(err)
			}
			if status, body := do(t, req); status != c.status || body != c.body {
				t.Errorf("got %d %s\nwant %d %s", status, body, c.status, c.body)
			}
		})
	}
}

// A websocket is refused with the bare message, before it is one.
func TestWebsocketRefusals(t *testing.T) {
	e := newEcho(t, engineio.Config{})
	base := strings.TrimSuffix(e.url, "?EIO=4")
	for query, want := range map[string]string{
		"?transport=websocket":                  "Unsupported protocol version",
		"?EIO=abc&transport=websocket":          "Unsupported protocol version",
		"?EIO=3&transport=websocket":            "Unsupported protocol version",
		"?EIO=4":                                "Transport unknown",
		"?EIO=4&transport=abc":                  "Transport unknown",
		"?EIO=4&transport=polling":              "Bad request",
		"?EIO=4&transport=websocket&sid=nobody": "Session ID unknown",
	} {
		t.Run(query, func(t *testing.T) {
			_, err := wstest.TryDial(t, base+query, nil)
			if status := ws.StatusError(0); !errors.As(err, &status) || status != 400 {
				t.Errorf("dialling ended with %v", err)
			}
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+query, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Upgrade", "websocket")
			req.Header.Set("Connection", "Upgrade")
			if status, body := do(t, req); status != 400 || body != want {
				t.Errorf("answered %d %q, want %q", status, body, want)
			}
		})
	}
}

func TestPollingMessages(t *testing.T) {
	for _, c := range []struct{ name, sent, echoed string }{
		{"one", "4hello", "4hello"},
		{"several", "4test1\x1e4test2\x1e4test3", "4test1\x1e4test2\x1e4test3"},
		{"empty", "4", "4"},
		{"binary", "bAQIDBA==", "bAQIDBA=="},
		{"mixed", "4h\x1ebAQIDBA==\x1e4e\u20ac", "4h\x1ebAQIDBA==\x1e4e\u20ac"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEcho(t, engineio.Config{})
			sid := e.startPolling(t)
			if status, body := e.request(t, http.MethodPost, polling(sid), c.sent); status != 200 || body != "ok" {
				t.Fatalf("post answered %d %q", status, body)
			}
			if status, body := e.request(t, http.MethodGet, polling(sid), ""); status != 200 || body != c.echoed {
				t.Errorf("poll answered %d %q, want %q", status, body, c.echoed)
			}
		})
	}
}

func TestPollingEnds(t *testing.T) {
	for _, c := range []struct {
		name, sent string
		status     int
		reason     string
	}{
		{"no packet", "abc", 400, "parse error"},
		{"empty body", "", 400, "parse error"},
		{"empty packet", "4a\x1e", 400, "parse error"},
		{"bad base64", "b!", 400, "parse error"},
		{"a ping", "2", 200, "transport error"},
		{"a close packet", "1", 200, "transport close"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEcho(t, engineio.Config{})
			sid := e.startPolling(t)
			if status, _ := e.request(t, http.MethodPost, polling(sid), c.sent); status != c.status {
				t.Errorf("post answered %d, want %d", status, c.status)
			}
			if got := next(t, e.closed); got[0] != c.reason {
				t.Errorf("closed with %v, want %q", got, c.reason)
			}
			if status, _ := e.request(t, http.MethodGet, polling(sid), ""); status != 400 {
				t.Errorf("a poll afterwards answered %d", status)
			}
		})
	}
}

func TestSecondPollClosesTheSession(t *testing.T) {
	e := newEcho(t, engineio.Config{})
	sid := e.startPolling(t)
	answers := make(chan string, 2)
	var polls sync.WaitGroup
	for range 2 {
		polls.Go(func() {
			status, body := e.request(t, http.MethodGet, polling(sid), "")
			answers <- http.StatusText(status) + " " + body
		})
	}
	polls.Wait()
	got := map[string]bool{<-answers: true, <-answers: true}
	if !got["OK 1"] || !got["Bad Request "] {
		t.Errorf("the polls were answered %v, want one close packet and one 400", got)
	}
}

// A client that says it is over ends its waiting poll with a noop.
func TestPollOfAClientThatCloses(t *testing.T) {
	e := newEcho(t, engineio.Config{})
	sid := e.startPolling(t)
	s := next(t, e.opened)
	polled := make(chan string, 1)
	go func() {
		_, body := e.request(t, http.MethodGet, polling(sid), "")
		polled <- body
	}()
	waitFor(t, "a poll to wait", func() bool { return s.Transport().Writable() })
	e.request(t, http.MethodPost, polling(sid), "1")
	if got := next(t, polled); got != "6" {
		t.Errorf("the poll was answered %q", got)
	}
	if got := next(t, e.closed); got[0] != "transport close" {
		t.Errorf("closed with %v", got)
	}
	if status, _ := e.request(t, http.MethodGet, polling(sid), ""); status != 400 {
		t.Errorf("a poll afterwards answered %d", status)
	}
}

func TestBinaryBodyIsRefused(t *testing.T) {
	e := newEcho(t, engineio.Config{})
	sid := e.startPolling(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.url+polling(sid), strings.NewReader("4a"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	if status, _ := do(t, req); status != 400 {
		t.Errorf("status %d", status)
	}
	next(t, e.closed)
}

func TestWebsocketMessages(t *testing.T) {
	e := newEcho(t, engineio.Config{})
	c := e.startWebsocket(t)
	c.send("4hello")
	if got := c.text(); got != "4hello" {
		t.Errorf("got %q", got)
	}
	c.write(ws.NewBinaryFrame([]byte{1, 2, 3}))
	if f := c.frame(); f.Header.OpCode != ws.OpBinary || string(f.Payload) != "\x01\x02\x03" {
		t.Errorf("got %v", f)
	}
	c.send("bAQID") // of a client that was told to use base64 alone
	if f := c.frame(); f.Header.OpCode != ws.OpBinary || string(f.Payload) != "\x01\x02\x03" {
		t.Errorf("got %v", f)
	}
	c.write(ws.NewPingFrame([]byte("p")))
	if f := c.frame(); f.Header.OpCode != ws.OpPong || string(f.Payload) != "p" {
		t.Errorf("got %v", f)
	}
}

func TestWebsocketEnds(t *testing.T) {
	rsv := ws.NewTextFrame([]byte("4a"))
	rsv.Header.Rsv = 4
	for _, c := range []struct {
		name   string
		frames []ws.Frame
		reason string
		code   ws.StatusCode
	}{
		{"no packet", []ws.Frame{ws.NewTextFrame([]byte("abc"))}, "parse error", 0},
		{"empty", []ws.Frame{ws.NewTextFrame(nil)}, "parse error", 0},
		{"a ping packet", []ws.Frame{ws.NewTextFrame([]byte("2"))}, "transport error", 1002},
		{"a close packet", []ws.Frame{ws.NewTextFrame([]byte("1"))}, "transport close", 0},
		{"reserved bit", []ws.Frame{rsv}, "transport error", 1002},
		{"reserved opcode", []ws.Frame{ws.NewFrame(3, true, nil)}, "transport error", 1002},
		{"continuation of nothing", []ws.Frame{ws.NewFrame(ws.OpContinuation, true, nil)}, "transport error", 1002},
		{"long ping", []ws.Frame{ws.NewPingFrame(make([]byte, 126))}, "transport error", 1002},
		{"not UTF-8", []ws.Frame{ws.NewTextFrame([]byte("4\xff"))}, "transport error", 1007},
		{"too long", []ws.Frame{ws.NewTextFrame(make([]byte, 1001))}, "transport error", 1009},
		{"too long in pieces", []ws.Frame{
			ws.NewFrame(ws.OpText, false, make([]byte, 600)), ws.NewFrame(ws.OpContinuation, true, make([]byte, 600)),
		}, "transport error", 1009},
		{"close frame of one byte", []ws.Frame{ws.NewCloseFrame([]byte{3})}, "transport error", 1002},
		{"close frame", []ws.Frame{ws.NewCloseFrame(ws.NewCloseFrameBody(1000, ""))}, "transport close", 1000},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEcho(t, engineio.Config{MaxPayload: 1000})
			conn := e.startWebsocket(t)
			for _, f := range c.frames {
				conn.write(f)
			}
			if code := conn.closed(); code != c.code {
				t.Errorf("close code %d, want %d", code, c.code)
			}
			if got := next(t, e.closed); got[0] != c.reason {
				t.Errorf("closed with %v, want %q", got, c.reason)
			}
		})
	}
}

func TestUnmaskedFramesAreRefused(t *testing.T) {
	e := newEcho(t, engineio.Config{})
	c := e.startWebsocket(t)
	if err := ws.WriteFrame(c.Conn, ws.NewTextFrame([]byte("4a"))); err != nil {
		t.Fatal(err)
	}
	if code := c.closed(); code != 1002 {
		t.Errorf("close code %d", code)
	}
}

func TestHeartbeat(t *testing.T) {
	cfg := engineio.Config{PingInterval: 150 * time.Millisecond, PingTimeout: 100 * time.Millisecond}
	t.Run("polling", func(t *testing.T) {
		e := newEcho(t, cfg)
		sid := e.startPolling(t)
		for range 3 {
			if _, body := e.request(t, http.MethodGet, polling(sid), ""); body != "2" {
				t.Fatalf("poll answered %q, want a ping", body)
			}
			e.request(t, http.MethodPost, polling(sid), "3")
		}
	})
	t.Run("websocket", func(t *testing.T) {
		e := newEcho(t, cfg)
		c := e.startWebsocket(t)
		for range 3 {
			if got := c.text(); got != "2" {
				t.Fatalf("got %q, want a ping", got)
			}
			c.send("3")
		}
	})
	t.Run("no answer", func(t *testing.T) {
		e := newEcho(t, cfg)
		c := e.startWebsocket(t)
		start := time.Now()
		if got := next(t, e.closed); got[0] != "ping timeout" {
			t.Errorf("closed with %v", got)
		}
		if took := time.Since(start); took < 240*time.Millisecond {
			t.Errorf("given up after %s, a ping and its timeout take 250ms", took)
		}
		c.closed()
	})
	t.Run("never polled", func(t *testing.T) {
		e := newEcho(t, cfg)
		sid := e.startPolling(t)
		if got := next(t, e.closed); got[0] != "ping timeout" {
			t.Errorf("closed with %v", got)
		}
		if status, _ := e.request(t, http.MethodGet, polling(sid), ""); status != 400 {
			t.Errorf("a poll afterwards answered %d", status)
		}
	})
	t.Run("a pong nobody asked for", func(t *testing.T) {
		e := newEcho(t, engineio.Config{})
		c := e.startWebsocket(t)
		c.send("3")
		c.send("4still there")
		if got := c.text(); got != "4still there" {
			t.Errorf("got %q", got)
		}
	})
}

func TestClientsAreDescribed(t *testing.T) {
	e := newEcho(t, engineio.Config{})
	e.startPolling(t)
	s := next(t, e.opened)
	ctx := s.Request()
	if got := ctx.Query().Peek("transport"); got != "polling" {
		t.Errorf("query transport %q", got)
	}
	if ctx.Headers().Peek("User-Agent") == "" || s.RemoteAddress() != "127.0.0.1" {
		t.Errorf("headers %v, address %q", ctx.Headers().All(), s.RemoteAddress())
	}
	if b, err := json.Marshal(s.Transport().Name()); err != nil || string(b) != `"polling"` {
		t.Errorf("transport %s %v", b, err)
	}
}
