package engineio_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/zishang520/engine.io/v2/types"

	"nudge/server/engineio"
	"nudge/server/internal/wstest"
)

// patience bounds every wait for something that must happen.
const patience = 10 * time.Second

// echo is a server that sends every message back, and reports closed sessions.
type echo struct {
	*engineio.Server
	url    string
	opened chan *engineio.Socket
	closed chan []any // the arguments of "close"
}

func newEcho(t *testing.T, cfg engineio.Config) *echo {
	t.Helper()
	cfg.CloseTimeout = cmp.Or(cfg.CloseTimeout, 50*time.Millisecond)
	cfg.GoroutineReads = goroutineReads
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	e := &echo{
		Server: engineio.New(cfg),
		opened: make(chan *engineio.Socket, 1000),
		closed: make(chan []any, 1000),
	}
	err := e.On("connection", func(args ...any) {
		s := args[0].(*engineio.Socket)
		_ = s.On("data", func(args ...any) {
			message := args[0].(*engineio.Message)
			if message.IsBinary() {
				s.Write(types.NewBytesBuffer(bytes.Clone(message.Bytes())), nil, nil)
			} else {
				s.Write(types.NewStringBuffer(bytes.Clone(message.Bytes())), nil, nil)
			}
		})
		_ = s.On("close", func(args ...any) { e.closed <- args })
		e.opened <- s
	})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(e.Server)
	e.url = web.URL + "/socket.io/?EIO=4"
	t.Cleanup(func() {
		e.Close()
		web.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return e
}

// request makes a request of the server and returns its status and body.
func (e *echo) request(t *testing.T, method, query, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, e.url+query, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return do(t, req)
}

func do(t *testing.T, req *http.Request) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(req.Context(), patience)
	defer cancel()
	res, err := http.DefaultClient.Do(req.WithContext(ctx))
	if err != nil {
		t.Errorf("%s %s: %v", req.Method, req.URL, err)
		return 0, ""
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Errorf("%s %s: %v", req.Method, req.URL, err)
	}
	return res.StatusCode, string(b)
}

// startPolling opens a session and returns its id.
func (e *echo) startPolling(t *testing.T) string {
	t.Helper()
	status, body := e.request(t, http.MethodGet, "&transport=polling", "")
	if status != http.StatusOK || body == "" || body[0] != '0' {
		t.Fatalf("handshake answered %d %q", status, body)
	}
	return sessionID(t, body[1:])
}

func sessionID(t *testing.T, handshake string) string {
	t.Helper()
	var h struct{ SID string }
	if err := json.Unmarshal([]byte(handshake), &h); err != nil || h.SID == "" {
		t.Fatalf("handshake %q: %v", handshake, err)
	}
	return h.SID
}

func polling(sid string) string { return "&transport=polling&sid=" + sid }

// client is a websocket client that sees frames as they are.
type client struct{ *wstest.Client }

func (e *echo) dial(t *testing.T, query string) *client {
	t.Helper()
	return &client{wstest.Dial(t, e.url+"&transport=websocket"+query)}
}

// startWebsocket opens a session on a websocket.
func (e *echo) startWebsocket(t *testing.T) *client {
	t.Helper()
	c := e.dial(t, "")
	if open := c.text(); open[0] != '0' {
		t.Fatalf("the first packet is %q", open)
	}
	return c
}

func (c *client) send(packet string) {
	c.T.Helper()
	c.Send(packet)
}

func (c *client) write(frame ws.Frame) {
	c.T.Helper()
	c.Write(frame)
}

func (c *client) frame() ws.Frame {
	c.T.Helper()
	return c.Frame()
}

func (c *client) text() string {
	c.T.Helper()
	return c.Text()
}

// closed reads to the close frame and returns its code, 0 where it had none.
func (c *client) closed() ws.StatusCode {
	c.T.Helper()
	return c.Closed()
}

// next waits for something on a channel.
func next[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("waited in vain")
		panic("unreachable")
	}
}
