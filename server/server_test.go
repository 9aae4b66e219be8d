package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
)

func TestHelloInProcess(t *testing.T) {
	s := start(t, Config{})
	sender, websocket, polling := s.connect(), s.connect(), s.connectPolling()
	sender.send(`42["event:message",{"message":"x"}]`)
	const want = `42["message","{\"message\":\"x\"}"]`
	sender.expect(want)
	websocket.expect(want)
	if got := polling.poll(); got != want {
		t.Errorf("polling got %q", got)
	}
}

// What a sender is told: by its ack if it asked for one, else by an event, and
// of problems only.
func TestAnswers(t *testing.T) {
	s := start(t, Config{MaxPublish: 100})
	invalid := func(why string) string { return `"code":"invalid_message","message":"the message is malformed: ` + why }
	const want = `event:message takes one argument, {\"message\": …}, and `
	for _, c := range []struct{ name, args, problem string }{
		{"no argument", ``, invalid(want + `there was none"`)},
		{"null", `,null`, invalid(want + `it was no object"`)},
		{"a string", `,"x"`, invalid(want + `it was no object"`)},
		{"an array", `,["message"]`, invalid(want + `it was no object"`)},
		{"no message", `,{"text":"x"}`, invalid(want + `it had no \"message\""`)},
		{"too long", `,{"message":"` + strings.Repeat("x", 100) + `"}`,
			`"code":"too_large","message":"the message is too long: 114 bytes, 100 are allowed"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := s.connect()
			client.send(`427["event:message"` + c.args + `]`)
			client.expect(`437[{"ok":false,"error":{` + c.problem + `}}]`)
			client.send(`42["event:message"` + c.args + `]`)
			client.expect(`42["error",{` + c.problem + `,"event":"event:message"}]`)
			client.send(`428["event:message",{"message":1.0}]`)
			got := map[string]bool{client.read(): true, client.read(): true}
			if !got[`438[{"ok":true}]`] || !got[`42["message","{\"message\":1}"]`] {
				t.Errorf("afterwards: %v", got)
			}
		})
	}
}

func TestOrderInProcess(t *testing.T) {
	const senders, messages = 10, 300
	s := start(t, Config{})
	reader := s.connect()
	for i := range senders {
		c := s.connect()
		go func() {
			for j := range messages {
				c.send(fmt.Sprintf(`42["event:message",{"message":"%d:%d"}]`, i, j))
			}
		}()
	}
	next := make([]int, senders)
	for range senders * messages {
		packet := reader.read()
		_, text, _ := strings.Cut(packet, `:\"`)
		from, number, _ := strings.Cut(strings.TrimSuffix(text, `\"}"]`), ":")
		i, _ := strconv.Atoi(from)
		if number != strconv.Itoa(next[i]) {
			t.Fatalf("%s, want message %d of sender %d", packet, next[i], i)
		}
		next[i]++
	}
}

func TestHandlersOfOnesOwn(t *testing.T) {
	s := start(t, Config{}, func(s *Server) {
		_ = s.IO().On("connection", func(args ...any) {
			client := args[0].(*socket.Socket)
			_ = client.On("panic", func(...any) { panic("oops") })
			_ = client.On("whoami", func(args ...any) { args[0].(socket.Ack)([]any{"you"}, nil) })
		})
	})
	c := s.connect()
	c.send(`421["panic"]`)
	c.expect(`431[{"ok":false,"error":{"code":"internal","message":"the server failed"}}]`)
	c.send(`42["panic"]`)
	c.expect(`42["error",{"code":"internal","message":"the server failed","event":"panic"}]`)
	c.send(`422["whoami"]`)
	c.expect(`432["you"]`)
	c.send("40/nowhere,")
	c.expect(`44/nowhere,{"message":"Invalid namespace"}`)
}

func TestHealth(t *testing.T) {
	s := start(t, Config{})
	if got := s.request(http.MethodGet, "/healthz", ""); got.status != 200 || got.body != "ok\n" {
		t.Errorf("/healthz: %d %q", got.status, got.body)
	}
	if got := s.request(http.MethodPost, "/healthz", ""); got.status != 405 {
		t.Errorf("POST /healthz: %d", got.status)
	}
	s.connect().send(`42["event:message"]`)
	eventually(t, "the refusal to be counted", func() bool {
		return readiness200(t, s).Counts["refused_invalid"] == 1
	})
	if state := readiness200(t, s); state.Relay.Kind != "in-process" || !state.Relay.Connected || state.Sessions != 1 {
		t.Errorf("%+v", state)
	}
}

func readiness200(t *testing.T, s *testServer) readiness {
	t.Helper()
	got := s.request(http.MethodGet, "/readyz", "")
	var state readiness
	if err := json.Unmarshal([]byte(got.body), &state); err != nil || got.status != 200 || state.Status != "ready" {
		t.Fatalf("/readyz: %d %q %v", got.status, got.body, err)
	}
	return state
}

// Without its Redis a node takes clients, says why it is not ready, and keeps
// the password to itself.
func TestRedisAway(t *testing.T) {
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := nobody.Addr().String()
	_ = nobody.Close()
	s := start(t, Config{RedisURL: "redis://:s3cret@" + addr, PublishWait: 50 * time.Millisecond, PublishQueue: 1})
	c := s.connect()
	c.send(`421["event:message",{"message":"waits"}]`)
	c.send(`422["event:message",{"message":"too many"}]`)
	c.expect(`432[{"ok":false,"error":{"code":"busy","message":"too many messages are waiting"}}]`)
	c.expect(`431[{"ok":false,"error":{"code":"unavailable","message":"the message could not be relayed in time"}}]`)
	var got answer
	eventually(t, "reason", func() bool {
		got = s.request(http.MethodGet, "/readyz", "")
		return strings.Contains(got.body, "refused")
	})
	if got.status != 503 || !strings.Contains(got.body, `"status":"not ready","reason":"not connected to Redis: `) {
		t.Errorf("/readyz: %d %s", got.status, got.body)
	}
	if strings.Contains(got.body+s.logs.String(), "s3cret") {
		t.Errorf("the password is in %s or in the log:\n%s", got.body, s.logs)
	}
}

// A server that ends relays what it took, sends what is queued, and says
// goodbye.
func TestShutdown(t *testing.T) {
	s := start(t, Config{})
	c, p := s.connect(), s.connectPolling()
	polled := make(chan string, 1)
	go func() { polled <- p.poll() }()
	const messages = 200
	for i := range messages {
		c.send(fmt.Sprintf(`42["event:message",{"message":%d}]`, i))
	}
	for i := range messages / 2 {
		c.expect(fmt.Sprintf(`42["message","{\"message\":%d}"]`, i))
	}
	go s.stop()
	got := 0
	for {
		packet, err := c.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("without a close frame: %v", err)
		}
		if strings.HasPrefix(packet, `42["message"`) {
			if packet != fmt.Sprintf(`42["message","{\"message\":%d}"]`, messages/2+got) {
				t.Fatalf("message %d is %s", messages/2+got, packet)
			}
			got++
		}
	}
	select {
	case <-polled:
	case <-time.After(patience):
		t.Error("the poll was not answered")
	}
	s.end()
}

func TestRunTwice(t *testing.T) {
	s := start(t, Config{})
	if err := s.Run(t.Context()); !errors.Is(err, ErrRunning) {
		t.Errorf("got %v", err)
	}
	taken, err := New(Config{Addr: s.host})
	if err != nil {
		t.Fatal(err)
	}
	if err := taken.Run(t.Context()); err == nil || !strings.Contains(err.Error(), s.host) {
		t.Errorf("on a taken port: %v", err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	_, err := New(Config{RedisURL: "redis://:s3cret@host:not-a-port"})
	if !errors.Is(err, adapter.ErrURL) || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("got %v", err)
	}
	if _, err := New(Config{Page: fstest.MapFS{"index.html": {Data: []byte("<!doctype html>")}, "config.json": {Data: []byte("{")}}}); err == nil {
		t.Error("a broken page was taken")
	}
}

func TestAddrGivesUpWithItsContext(t *testing.T) {
	s, err := New(Config{Addr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.IO().Close(nil) })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if addr := s.Addr(ctx); addr != nil {
		t.Errorf("got %v", addr)
	}
}
