package e2e

import (
	"slices"
	"testing"

	"nudge/adapter/adaptertest/redistest"
)

// TestAcks has every message acknowledged once it is on its way to all nodes:
// by then, or soon after, its sender has it too.
func TestAcks(t *testing.T) {
	redis := redistest.Start(t)
	for name, url := range map[string]string{"Redis": redis.URL(), "in process": ""} {
		t.Run(name, func(t *testing.T) {
			s := startNudgeReady(t, url)
			p := newPuppet(t)
			var want []string
			for _, transports := range [][]string{websocketOnly, pollingOnly} {
				sender := transports[0]
				p.open(t, sender, s, with{"transports": transports})
			}
			for _, sender := range []string{"websocket", "polling", "websocket"} {
				if got := p.ask(t, sender, sender); !got.OK || got.Error != nil {
					t.Errorf("acknowledged with %+v", got)
				}
				want = append(want, `{"message":"`+sender+`"}`)
			}
			for _, reader := range []string{"websocket", "polling"} {
				if got := p.messages(t, reader, len(want)); !slices.Equal(got, want) {
					t.Errorf("the client by %s received %q, want %q", reader, got, want)
				}
			}
		})
	}
}

// TestRetries has clients with the retries option of socket.io-client, which
// sends again what is not acknowledged in time, send each message once.
func TestRetries(t *testing.T) {
	redis := redistest.Start(t)
	s := startNudgeReady(t, redis.URL())
	p := newPuppet(t)
	p.open(t, "reader", s, nil)
	p.open(t, "a", s, with{"retries": 3, "ackTimeout": 2000})
	var want []string
	for _, text := range []string{"one", "two", "three"} {
		p.say(t, "a", text) // it waits for an acknowledgement all the same
		want = append(want, `{"message":"`+text+`"}`)
	}
	if got := p.messages(t, "reader", len(want)); !slices.Equal(got, want) {
		t.Errorf("received %q, want %q", got, want)
	}

	// The third copy of a message that Redis could not take goes through.
	redis.Stop()
	p.say(t, "a", "after the outage")
	redis.Start()
	got := p.messages(t, "reader", len(want)+1)
	if got[len(want)] != `{"message":"after the outage"}` {
		t.Errorf("received %q", got[len(want):])
	}
}
