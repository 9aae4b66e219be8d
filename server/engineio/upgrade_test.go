package engineio_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/zishang520/engine.io/v2/types"

	"nudge/server/engineio"
)

func TestUpgrade(t *testing.T) {
	e := newEcho(t, engineio.Config{})
	sid := e.startPolling(t)
	c := e.dial(t, "&sid="+sid)
	c.send("2probe")
	if got := c.text(); got != "3probe" {
		t.Fatalf("probe answered %q", got)
	}
	c.send("5")
	c.send("4hello")
	if got := c.text(); got != "4hello" {
		t.Errorf("got %q", got)
	}
	if s := next(t, e.opened); !s.Upgraded() || s.Transport().Name() != "websocket" {
		t.Errorf("upgraded %v, transport %s", s.Upgraded(), s.Transport().Name())
	}

	t.Run("requests afterwards", func(t *testing.T) {
		if status, _ := e.request(t, http.MethodGet, polling(sid), ""); status != 400 {
			t.Errorf("a poll answered %d", status)
		}
		if status, _ := e.request(t, http.MethodPost, polling(sid), "4a"); status != 400 {
			t.Errorf("a post answered %d", status)
		}
		e.dial(t, "&sid="+sid).closed()
		c.send("4still there")
		if got := c.text(); got != "4still there" {
			t.Errorf("got %q", got)
		}
	})
}

func TestProbeEndsAWaitingPoll(t *testing.T) {
	e := newEcho(t, engineio.Config{})
	sid := e.startPolling(t)
	polled := make(chan string, 1)
	go func() {
		_, body := e.request(t, http.MethodGet, polling(sid), "")
		polled <- body
	}()
	s := next(t, e.opened)
	waitFor(t, "a poll to wait", func() bool { return s.Transport().Writable() })
	c := e.dial(t, "&sid="+sid)
	c.send("2probe")
	if got := c.text(); got != "3probe" {
		t.Fatalf("probe answered %q", got)
	}
	if got := next(t, polled); got != "6" {
		t.Errorf("the poll was answered %q, want a noop", got)
	}
}

func TestBadProbe(t *testing.T) {
	e := newEcho(t, engineio.Config{})
	sid := e.startPolling(t)
	c := e.dial(t, "&sid="+sid)
	c.send("4too early")
	c.closed()
	// The session goes on as it was.
	e.request(t, http.MethodPost, polling(sid), "4hello")
	if _, body := e.request(t, http.MethodGet, polling(sid), ""); body != "4hello" {
		t.Errorf("poll answered %q", body)
	}
}

// What the server sends before, during and after an upgrade arrives once and in
// order, whichever transport it takes.
func TestUpgradeKeepsOrder(t *testing.T) {
	const total = 2000
	e := newEcho(t, engineio.Config{})
	sid := e.startPolling(t)
	s := next(t, e.opened)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for i := range total {
			s.Write(types.NewStringBufferString(fmt.Sprint(i)), nil, nil)
		}
	}()
	var got []string
	take := func(payload string) {
		for packet := range strings.SplitSeq(payload, "\x1e") {
			if packet[0] == '4' {
				got = append(got, packet[1:])
			}
		}
	}
	poll := func() {
		_, body := e.request(t, http.MethodGet, polling(sid), "")
		take(body)
	}
	poll()
	c := e.dial(t, "&sid="+sid)
	c.send("2probe")
	if answer := c.text(); answer != "3probe" {
		t.Fatalf("probe answered %q", answer)
	}
	poll()
	c.send("5")
	for len(got) < total {
		take(c.text())
	}
	<-sent
	for i, message := range got {
		if message != fmt.Sprint(i) {
			t.Fatalf("message %d is %q", i, message)
		}
	}
}
