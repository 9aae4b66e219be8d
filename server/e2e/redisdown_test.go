package e2e

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"nudge/adapter/adaptertest/redistest"
)

// TestRedisDownAtStart has a node start without its Redis, take clients and
// messages, say that it is not ready, and deliver them once Redis is there.
func TestRedisDownAtStart(t *testing.T) {
	redis := redistest.New(t)
	s := startNudge(t, redis.URL())
	p := newPuppet(t)
	p.open(t, "a", s, nil)
	p.open(t, "b", s, nil)

	r := s.readiness(t)
	if r.code != http.StatusServiceUnavailable || !strings.Contains(r.Reason, "Redis") || r.Relay.Connected {
		t.Errorf("without Redis /readyz answers %+v, want 503 and a reason", r)
	}
	if code, _ := get(t, s.url+"/healthz"); code != http.StatusOK {
		t.Errorf("/healthz answers %d, want 200: the process is well", code)
	}

	var want []string
	var waiting []promise
	for i := range 5 {
		text := strconv.Itoa(i)
		waiting = append(waiting, p.begin(t, "ask", "a", askArgs(text)))
		want = append(want, `{"message":"`+text+`"}`)
	}
	redis.Start()
	for i, w := range waiting {
		if got := readAck(t, w.value(t)); !got.OK {
			t.Errorf("message %d was refused: %+v", i, got.Error)
		}
	}
	for _, reader := range []string{"a", "b"} {
		if got := p.messages(t, reader, len(want)); !slices.Equal(got, want) {
			t.Errorf("%s received %q, want %q", reader, got, want)
		}
	}
	s.untilReady(t)
	if r := s.readiness(t); r.Relay.Kind != "redis" || r.Relay.Channel != "MESSAGES" || !r.Relay.Connected || r.Reason != "" {
		t.Errorf("with Redis /readyz answers %+v", r)
	}
}

// TestRedisDownForTooLong has the senders of messages that waited too long, or
// found too many waiting, told so; and the messages never arrive.
func TestRedisDownForTooLong(t *testing.T) {
	redis := redistest.New(t)
	s := startNudge(t, redis.URL(), "--publish-wait", "500ms", "--publish-queue", "2")
	p := newPuppet(t)
	p.open(t, "a", s, nil)

	first := p.begin(t, "ask", "a", askArgs("waits"))
	p.say(t, "a", "waits too")
	third := readAck(t, p.begin(t, "ask", "a", askArgs("one too many")).value(t))
	if third.OK || third.Error == nil || third.Error.Code != "busy" {
		t.Errorf("past the queue's end: acknowledged with %+v, want the error busy", third)
	}
	if got := readAck(t, first.value(t)); got.OK || got.Error == nil || got.Error.Code != "unavailable" {
		t.Errorf("after the wait: acknowledged with %+v, want the error unavailable", got)
	}
	told := errorEvents(t, p, "a", 1)
	if len(told) != 1 || told[0].Code != "unavailable" || told[0].Event != "event:message" {
		t.Errorf("after the wait: told %+v, want the error unavailable of event:message", told)
	}

	redis.Start()
	s.untilReady(t)
	if got := p.ask(t, "a", "after"); !got.OK {
		t.Errorf("with Redis back a message was refused: %+v", got.Error)
	}
	if got := p.messages(t, "a", 1); !slices.Equal(got, []string{`{"message":"after"}`}) {
		t.Errorf("received %q, want what was sent after the outage only", got)
	}
	counts := s.readiness(t).Counts
	if counts["unavailable"] != 2 || counts["refused_busy"] != 1 {
		t.Errorf("/readyz counts %v unavailable and %v busy, want 2 and 1", counts["unavailable"], counts["refused_busy"])
	}
}
