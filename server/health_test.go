package server

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
)

func (s *testServer) readyz() (int, readiness) {
	s.t.Helper()
	got := s.request(http.MethodGet, "/readyz", "")
	var state readiness
	if err := json.Unmarshal([]byte(got.body), &state); err != nil {
		s.t.Fatalf("/readyz answered %q: %v", got.body, err)
	}
	return got.status, state
}

func TestHealth(t *testing.T) {
	s := start(t, Config{})
	got := s.request(http.MethodGet, "/healthz", "")
	if got.status != 200 || got.body != "ok\n" || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("/healthz: %d %q %v", got.status, got.body, got.header)
	}
	for _, target := range []string{"/healthz", "/readyz"} {
		if got := s.request(http.MethodHead, target, ""); got.status != 200 || got.body != "" {
			t.Errorf("HEAD %s: %d %q", target, got.status, got.body)
		}
		for _, method := range []string{http.MethodPost, http.MethodDelete, http.MethodOptions} {
			if got := s.request(method, target, ""); got.status != 405 || got.header.Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: %d, Allow %q", method, target, got.status, got.header.Get("Allow"))
			}
		}
	}
}

func TestReadyWithoutRedis(t *testing.T) {
	s := start(t, Config{})
	eventually(t, "readiness", func() bool { status, _ := s.readyz(); return status == 200 })
	c := s.connect()
	c.Send(`420["event:message",{"message":"x"}]`)
	c.Send(`421["event:message"]`)
	c.Send(`422["event:message",{"message":"` + strings.Repeat("x", 400) + `"}]`)
	for range 5 {
		c.Read() // two messages, three answers
	}
	_, state := s.readyz()
	if state.Status != "ready" || state.Reason != "" || state.Sessions != 1 {
		t.Errorf("the state is %+v", state)
	}
	if r := state.Relay; r.Kind != "in-process" || r.Redis != "" || r.Channel != "MESSAGES" || !r.Connected || r.Queued != 0 {
		t.Errorf("the relay is %+v", r)
	}
	if c := state.Counts; c["published"] != 2 || c["refused_invalid"] != 1 || c["refused_busy"] != 0 {
		t.Errorf("the counts are %v", c)
	}
	got := s.request(http.MethodGet, "/readyz", "")
	if got.header.Get("Content-Type") != "application/json" || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the headers are %v", got.header)
	}
}

// Clients are let in all the same while Redis is away.
func TestReadyWithRedis(t *testing.T) {
	const password = "s3cret"
	redis := redistest.New(t, "--requirepass", password)
	s := start(t, Config{RedisURL: redis.URL(), Channel: "CHAT", PublishWait: 50 * time.Millisecond})
	var state readiness
	eventually(t, "reason", func() bool {
		var status int
		status, state = s.readyz()
		if status != 503 {
			t.Fatalf("ready without its Redis: %+v", state)
		}
		return strings.Contains(state.Reason, "refused")
	})
	if state.Status != "not ready" || !strings.HasPrefix(state.Reason, "not connected to Redis: ") {
		t.Errorf("the state is %+v", state)
	}
	if r := state.Relay; r.Kind != "redis" || r.Channel != "CHAT" || r.Connected || !strings.Contains(r.Redis, redis.Addr()) {
		t.Errorf("the relay is %+v", r)
	}
	c := s.connect()
	c.Send(`427["event:message",{"message":"x"}]`)
	c.Expect(`437[{"ok":false,"error":{"code":"unavailable","message":"the message could not be relayed in time"}}]`)
	if got := s.request(http.MethodGet, "/healthz", ""); got.status != 200 {
		t.Errorf("/healthz: %d", got.status)
	}
	body := s.request(http.MethodGet, "/readyz", "").body

	redis.Start()
	eventually(t, "connection", func() bool { status, _ := s.readyz(); return status == 200 })
	c.Send(`428["event:message",{"message":"y"}]`)
	got := c.Read() + c.Read() // in either order
	if !strings.Contains(got, `42["message","{\"message\":\"y\"}"]`) || !strings.Contains(got, `438[{"ok":true}]`) {
		t.Errorf("got %q", got)
	}
	body += s.request(http.MethodGet, "/readyz", "").body
	s.end()
	if all := body + s.logs.String(); strings.Contains(all, password) {
		t.Errorf("the password is shown: %s", all)
	}
}

// A wrong password is a reason like any other, and is not shown either.
func TestReadyNamesNoPassword(t *testing.T) {
	redis := redistest.Start(t, "--requirepass", "right")
	const password = "wr0ng"
	s := start(t, Config{RedisURL: "redis://:" + password + "@" + redis.Addr()})
	eventually(t, "reason", func() bool { _, state := s.readyz(); return strings.Contains(state.Reason, "WRONGPASS") })
	body := s.request(http.MethodGet, "/readyz", "").body
	s.end()
	if all := body + s.logs.String(); strings.Contains(all, password) || !strings.Contains(all, "xxxxx@") {
		t.Errorf("the password is shown, or not even hinted at: %s", all)
	}
}
