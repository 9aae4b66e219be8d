package server

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestHelloInProcess(t *testing.T) {
	s := start(t, Config{})
	sender, websocket, polling := s.connect(), s.connect(), s.connectPolling()
	sender.Send(`42["event:message",{"message":"x"}]`)
	const want = `42["message","{\"message\":\"x\"}"]`
	sender.Expect(want)
	websocket.Expect(want)
	if got := polling.poll(); got != want {
		t.Errorf("polling got %q", got)
	}
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
	c.Send(`421["event:message",{"message":"waits"}]`)
	c.Send(`422["event:message",{"message":"too many"}]`)
	c.Expect(`432[{"ok":false,"error":{"code":"busy","message":"too many messages are waiting"}}]`)
	c.Expect(`431[{"ok":false,"error":{"code":"unavailable","message":"the message could not be relayed in time"}}]`)
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
