package server

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"nudge/server/internal/wstest"
)

// patience bounds every wait for something that must happen.
const patience = 15 * time.Second

// testServer is a server that runs for the length of a test.
type testServer struct {
	*Server
	t    testing.TB
	host string // where it listens
	web  *http.Client
	logs *wstest.Buffer
	stop context.CancelFunc
	over chan error
}

// start runs a server on a free port; prepare may register handlers before.
func start(t testing.TB, cfg Config, prepare ...func(*Server)) *testServer {
	t.Helper()
	s := &testServer{t: t, logs: &wstest.Buffer{}, over: make(chan error, 1)}
	cfg.Addr = cmp.Or(cfg.Addr, "127.0.0.1:0")
	cfg.ShutdownTimeout = cmp.Or(cfg.ShutdownTimeout, 200*time.Millisecond) // sessions that nobody polls are waited for
	if cfg.Page == nil {
		cfg.Page = builtPage()
	}
	cfg.Logger = slog.New(slog.NewTextHandler(s.logs, nil))
	server, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range prepare {
		f(server)
	}
	s.Server = server
	transport := &http.Transport{}
	s.web = &http.Client{Transport: transport, Timeout: patience}
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	go func() { s.over <- server.Run(ctx) }()
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		s.end()
		if t.Failed() {
			t.Logf("the server's log:\n%s", s.logs)
		}
	})
	listening, cancelListening := context.WithTimeout(ctx, patience)
	defer cancelListening()
	addr := server.Addr(listening)
	if addr == nil {
		t.Fatal("it does not listen")
	}
	s.host = addr.String()
	return s
}

// end stops the server, once, and waits for it.
func (s *testServer) end() {
	s.t.Helper()
	if s.stop == nil {
		return
	}
	s.stop()
	s.stop = nil
	select {
	case err := <-s.over:
		if err != nil {
			s.t.Errorf("Run: %v", err)
		}
	case <-time.After(patience):
		s.t.Error("Run did not return")
	}
}

// answer is an HTTP answer, read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

// request makes a request, with headers in pairs of name and value.
func (s *testServer) request(method, target, body string, headers ...string) answer {
	s.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, "http://"+s.host+target, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := s.web.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(b)}
}

const (
	pollingPath   = "/socket.io/?EIO=4&transport=polling"
	websocketPath = "/socket.io/?EIO=4&transport=websocket"
)

// pollingClient speaks Socket.IO over polling.
type pollingClient struct {
	*testServer
	path string // with its sid
}

// connectPolling connects a client to "/".
func (s *testServer) connectPolling() *pollingClient {
	s.t.Helper()
	open := s.request(http.MethodGet, pollingPath, "").body
	c := &pollingClient{s, pollingPath + "&sid=" + sidOf(s.t, open)}
	c.post("40")
	if got := c.poll(); !strings.HasPrefix(got, "40{") {
		s.t.Fatalf("connected with %q", got)
	}
	return c
}

// sidOf is the id of the session that a polling handshake was answered with.
func sidOf(t testing.TB, open string) string {
	t.Helper()
	var handshake struct{ SID string }
	if open == "" || open[0] != '0' || json.Unmarshal([]byte(open[1:]), &handshake) != nil {
		t.Fatalf("greeted with %q", open)
	}
	return handshake.SID
}

func (c *pollingClient) post(payload string) {
	c.t.Helper()
	if got := c.request(http.MethodPost, c.path, payload); got.status != http.StatusOK || got.body != "ok" {
		c.t.Fatalf("posting %.60q: %d %q", payload, got.status, got.body)
	}
}

func (c *pollingClient) poll() string {
	c.t.Helper()
	return c.request(http.MethodGet, c.path, "").body
}

// client speaks Socket.IO over a websocket, and sees packets as they are.
type client struct{ *wstest.Client }

// dial opens a websocket; err is a ws.StatusError where the server refused.
func (s *testServer) dial(origin string) (*client, error) {
	s.t.Helper()
	headers := http.Header{}
	if origin != "" {
		headers.Set("Origin", origin)
	}
	c, err := wstest.TryDial(s.t, "http://"+s.host+websocketPath, headers)
	return &client{c}, err
}

// connect connects a client to "/".
func (s *testServer) connect() *client {
	s.t.Helper()
	c, err := s.dial("")
	if err != nil {
		s.t.Fatal(err)
	}
	c.ExpectPrefix("0{")
	c.Send("40")
	c.ExpectPrefix("40{")
	return c
}

// attached waits until the "connection" handlers have run, which is after the
// client is told that it is connected.
func (c *client) attached() {
	c.T.Helper()
	c.Send(`420["event:message"]`)
	c.ExpectPrefix("430[")
}

func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %s in %s", what, patience)
		}
	}
}

// refusal is the status a websocket was refused with, 0 where it was not.
func refusal(t testing.TB, err error) int {
	t.Helper()
	var status ws.StatusError
	if err != nil && !errors.As(err, &status) {
		t.Fatal(err)
	}
	return int(status)
}
