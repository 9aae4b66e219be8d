package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gobwas/ws/wsutil"
	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
	"nudge/server/chat"
)

// ended is a context that is over.
func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// The zero Config is the Node deployment's. Its port may be taken here, so it
// does not listen.
func TestZeroConfig(t *testing.T) {
	s, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	for what, differs := range map[string]bool{
		"address":  s.cfg.Addr != ":8000",
		"channel":  s.cfg.Channel != "MESSAGES",
		"origins":  fmt.Sprint(s.cfg.CORSOrigins) != "[*]",
		"ping":     s.cfg.PingInterval != 25*time.Second || s.cfg.PingTimeout != 20*time.Second,
		"payload":  s.cfg.MaxPayload != 1_000_000 || s.cfg.MaxPublish != 1_000_000,
		"redis":    s.cfg.RedisURL != "",
		"shutdown": s.cfg.ShutdownTimeout != 10*time.Second,
	} {
		if differs {
			t.Errorf("another %s: %+v", what, s.cfg)
		}
	}
	s.IO().Close(nil)

	running := start(t, Config{})
	got := running.request(http.MethodGet, pollingPath, "")
	const want = `"upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`
	if got.status != 200 || !strings.HasSuffix(got.body, want) {
		t.Errorf("a handshake is answered %d %q", got.status, got.body)
	}
}

// A program may be told to end before it gets as far as Run.
func TestRunAtItsEnd(t *testing.T) {
	s, err := New(Config{Addr: "127.0.0.1:0", Page: builtPage(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(ended()); err != nil {
		t.Errorf("Run: %v", err)
	}
}

func TestConfigErrors(t *testing.T) {
	malformed := builtPage()
	malformed["config.json"] = &fstest.MapFile{Data: []byte("{")}
	for what, cfg := range map[string]Config{
		"a URL that is none": {RedisURL: "http://:s3cret@host"},
		"a malformed page":   {Page: malformed},
		"a negative bound":   {PublishQueue: -1},
	} {
		s, err := New(cfg)
		if err == nil {
			t.Errorf("%s is no error", what)
			_ = s.Run(ended())
			continue
		}
		if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: the password is shown: %v", what, err)
		}
		if (cfg.RedisURL != "") != errors.Is(err, adapter.ErrURL) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestRunTwice(t *testing.T) {
	s := start(t, Config{})
	if err := s.Run(context.Background()); !errors.Is(err, ErrRunning) {
		t.Errorf("while it runs: %v", err)
	}
	s.connect() // the first goes on
	s.end()
	if err := s.Run(context.Background()); !errors.Is(err, ErrRunning) {
		t.Errorf("after it ended: %v", err)
	}
}

// A Redis that hangs does not hold up the end beyond its bound.
func TestShutdownTimeout(t *testing.T) {
	redis := redistest.Start(t)
	const bound = 500 * time.Millisecond
	s := start(t, Config{RedisURL: redis.URL(), ShutdownTimeout: bound})
	eventually(t, "readiness", func() bool { return s.request(http.MethodGet, "/readyz", "").status == http.StatusOK })
	c, chatter := s.connect(), s.connectWith(`{"chat":1,"key":"secret-secret-of-a"}`)
	chatter.connected()
	chatter.Send(`421["chat:join",{"room":"lobby"}]`)
	for !strings.HasPrefix(chatter.Read(), `431[{"ok":true`) {
	}
	redis.Pause()
	defer redis.Resume()
	c.Send(`421["event:message",{"message":"x"}]`)
	chatter.Send(`422["chat:send",{"room":"lobby","key":"k","text":"x"}]`)
	eventually(t, "messages under way", func() bool { return s.bridge.State().Queued == 1 && s.store.State().Queued == 1 })
	begin := time.Now()
	s.end()
	if took := time.Since(begin); took > bound+time.Second { // a second for a busy machine
		t.Errorf("it took %s to end, %s is the bound", took, bound)
	}
}

func TestPortInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	s, err := New(Config{Addr: taken.Addr().String(), Page: builtPage(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Run(context.Background())
	var opErr *net.OpError
	if !errors.As(err, &opErr) || !strings.Contains(err.Error(), "cannot listen on "+taken.Addr().String()) {
		t.Errorf("Run: %v", err)
	}
	if addr := s.Addr(t.Context()); addr != nil {
		t.Errorf("it listens on %v", addr)
	}
}

// TestShutdown holds that clients get what was sent to them before the end, and
// then are told of it.
func TestShutdown(t *testing.T) {
	const messages = 1000
	s := start(t, Config{ShutdownTimeout: 10 * time.Second})
	sender, reader, poller := s.connect(), s.connect(), s.connectPolling()
	for i := range messages {
		sender.Send(fmt.Sprintf(`42["event:message",{"message":%d}]`, i))
	}
	sender.Send(`429["event:message",{}]`)
	for !strings.HasPrefix(sender.Read(), "439[") {
	}
	// All is taken; now it ends, while nobody has read it yet.
	s.stop()
	s.stop = nil
	for i := range messages {
		reader.Expect(fmt.Sprintf(`42["message","{\"message\":%d}"]`, i))
	}
	if packet, err := reader.Next(); !errors.As(err, new(wsutil.ClosedError)) {
		t.Errorf("and then %q, %v", packet, err)
	}
	_ = reader.Conn.Close()
	_ = sender.Conn.Close()
	var polled []string
	for len(polled) == 0 || polled[len(polled)-1] != "1" {
		polled = append(polled, strings.Split(poller.poll(), "\x1e")...)
	}
	if n := len(polled) - 1; n != messages || polled[n-1] != fmt.Sprintf(`42["message","{\"message\":%d}"]`, messages-1) {
		t.Errorf("by polling came %d messages, the last of them %q", n, polled[max(0, n-1)])
	}
	select {
	case err := <-s.over:
		if err != nil {
			t.Errorf("Run: %v", err)
		}
	case <-time.After(5 * time.Second): // half of what it may take
		t.Error("it waits, though everyone has been told")
	}
	if _, err := s.dial(""); err == nil {
		t.Error("it still takes connections")
	}
}

// Clients that take no notice do not keep it from ending.
func TestShutdownIsBounded(t *testing.T) {
	reasons := make(chan any, 2)
	s := start(t, Config{ShutdownTimeout: 400 * time.Millisecond}, onConnection(t, func(client *socket.Socket) {
		_ = client.On("disconnect", func(args ...any) { reasons <- args[0] })
	}))
	s.connect().attached()
	polling := s.connectPolling()
	polling.post(`421["event:message"]`)
	for !strings.Contains(polling.poll(), "431[") {
	}
	began := time.Now()
	s.end()
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("it took %s", took)
	}
	for range 2 {
		select {
		case reason := <-reasons:
			if reason != "server shutting down" {
				t.Errorf("a handler is told %q", reason)
			}
		case <-time.After(patience):
			t.Fatal("a handler is not told")
		}
	}
}

// While a server ends no further clients should come to it, and a message that
// still does is refused, not lost in silence.
func TestMessageDuringShutdown(t *testing.T) {
	s := start(t, Config{})
	c := s.connect()
	s.draining.Store(true)
	if status, state := s.readyz(); status != 503 || state.Reason != "shutting down" || state.Status != "not ready" {
		t.Errorf("/readyz: %d %+v", status, state)
	}
	_ = c.Conn.Close()
	s.end()
	answers := make(chan chat.Answer, 1)
	s.chat.Message([]byte(`{"message":1}`), func(a chat.Answer) { answers <- a })
	if a := <-answers; a.OK || a.Error == nil || a.Error.Code != "shutting_down" {
		t.Errorf("answered %+v", a)
	}
}

func TestAddrGivesUpWithItsContext(t *testing.T) {
	s, err := New(Config{Addr: "127.0.0.1:0", Page: builtPage()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.IO().Close(nil) })
	if addr := s.Addr(ended()); addr != nil {
		t.Errorf("it listens on %v", addr)
	}
}
