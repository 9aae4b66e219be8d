package e2e

import (
	"slices"
	"strings"
	"testing"

	"nudge/adapter/adaptertest/redistest"
)

// TestNodeAndGoAreOneChat has a client of each kind of server hear the other,
// and itself, once.
func TestNodeAndGoAreOneChat(t *testing.T) {
	servers := bothServers(t)
	p := newPuppet(t)
	for name, s := range servers {
		p.open(t, name, s, nil)
	}
	var want []string
	for range 3 {
		for name := range servers {
			p.say(t, name, "from "+name)
			want = append(want, `{"message":"from `+name+`"}`)
			for reader := range servers { // before the next is said, so the order is known
				p.messages(t, reader, len(want))
			}
		}
	}
	for reader := range servers {
		if got := p.messages(t, reader, len(want)); !slices.Equal(got, want) {
			t.Errorf("the client of %s received %q, want %q", reader, got, want)
		}
	}
}

// foreign are payloads of programs that are no chat server. want is what
// clients receive, where that is not the payload itself.
var foreign = []struct {
	name, payload, want string
}{
	{name: "plain text", payload: "maintenance at noon"},
	{name: "empty", payload: ""},
	{name: "another shape", payload: `{"text":"x","message":{"b":1,"a":1.0}}`},
	{name: "spaces", payload: " { \"message\" : \"x\" }\n"},
	{name: "separators", payload: "{\"message\":\"a\u2028b\u2029c\"}"},
	{name: "control characters", payload: "a\x00b\x1ec\x7f"},
	{name: "HTML", payload: `<b>&amp;</b>`},
	{name: "emoji", payload: "👩‍👩‍👧‍👦"},
	{name: "byte order mark", payload: "\ufeffx"},
	{name: "a packet", payload: `42["message","x"]`},
	{name: "an invalid byte", payload: "a\xffb", want: "a\ufffdb"},
	{name: "cut short", payload: "a\xf0\x9f\x91", want: "a\ufffd"},
	{name: "cut short in the middle", payload: "\xe2\x82x", want: "\ufffdx"},
	{name: "overlong", payload: "\xc0\xaf", want: "\ufffd\ufffd"},
	{name: "a surrogate in UTF-8", payload: "\xed\xa0\x80", want: "\ufffd\ufffd\ufffd"},
	{name: "beyond Unicode", payload: "\xf4\x90\x80\x80", want: "\ufffd\ufffd\ufffd\ufffd"},
	{name: "binary", payload: "\x80\x81\xfe\x00", want: "\ufffd\ufffd\ufffd\x00"},
	{name: "huge", payload: strings.Repeat("0123456789", 90_000)},
	{name: "huge in two-byte text", payload: strings.Repeat("é", 450_000)},
	{name: "as long as is allowed", payload: strings.Repeat("x", 1_000_000)},
}

// TestForeignPublishers has what anyone publishes reach the clients of two Go
// nodes and of a Node server as it came, once.
func TestForeignPublishers(t *testing.T) {
	redis := redistest.Start(t)
	servers := map[string]*server{
		"nudge": startNudgeReady(t, redis.URL()), "second nudge": startNudgeReady(t, redis.URL()),
		"Node": startPeer(t, redis.URL()),
	}
	p := newPuppet(t)
	for name, s := range servers {
		p.open(t, name, s, nil)
	}
	p.open(t, "poller", servers["nudge"], with{"transports": pollingOnly})
	for i, tt := range foreign {
		redis.Publish("MESSAGES", []byte(tt.payload))
		// The connection of a Node client would time out on a heap of these.
		for _, reader := range []string{"nudge", "second nudge", "Node", "poller"} {
			p.messages(t, reader, i+1)
		}
	}
	redis.Publish("MESSAGES", []byte("end"))
	for _, reader := range []string{"nudge", "second nudge", "Node", "poller"} {
		got := p.messages(t, reader, len(foreign)+1)
		if len(got) != len(foreign)+1 || got[len(got)-1] != "end" {
			t.Errorf("%s received %d messages, want %d", reader, len(got), len(foreign)+1)
			continue
		}
		for i, tt := range foreign {
			want := tt.want
			if want == "" {
				want = tt.payload
			}
			if got[i] != want {
				t.Errorf("%s: %s received %s, want %s", tt.name, reader, shorten(got[i]), shorten(want))
			}
		}
	}
}

// TestForeignPayloadTooLong has one byte too many dropped and counted, and
// nothing else.
func TestForeignPayloadTooLong(t *testing.T) {
	redis := redistest.Start(t)
	s := startNudgeReady(t, redis.URL(), "--max-publish", "1000")
	p := newPuppet(t)
	p.open(t, "a", s, nil)
	redis.Publish("MESSAGES", []byte(strings.Repeat("x", 1001)))
	redis.Publish("MESSAGES", []byte(strings.Repeat("x", 1000)))
	redis.Publish("MESSAGES", []byte("end"))
	got := p.messages(t, "a", 2)
	if len(got) != 2 || len(got[0]) != 1000 || got[1] != "end" {
		t.Errorf("received %d messages, want the one of 1000 bytes and the end", len(got))
	}
	if n := s.readiness(t).Counts["dropped_too_long"]; n != 1 {
		t.Errorf("/readyz counts %v too long, want 1", n)
	}
}

// shorten quotes a text for people.
func shorten(s string) string {
	const most = 200
	q := []rune(s)
	if len(q) <= most {
		return string(q)
	}
	return string(q[:most]) + "…"
}
