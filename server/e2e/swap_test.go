package e2e

import (
	"testing"

	"nudge/adapter/adaptertest/redistest"
)

// TestSwap stops a Node server and starts nudge in its place, with the same
// environment, and back: clients reconnect by themselves and are still part of
// the chat with the other Node server.
func TestSwap(t *testing.T) {
	redis := redistest.Start(t)
	stays := startPeer(t, redis.URL())
	leaves := startPeer(t, redis.URL())
	p := newPuppet(t)
	p.open(t, "stays", stays, nil)
	for _, client := range []struct {
		name    string
		options with
	}{{"polling", with{"transports": pollingOnly}}, {"websocket", with{"transports": websocketOnly}}, {"both", nil}} {
		p.open(t, client.name, leaves, client.options)
	}

	said := 0
	everyone := []string{"stays", "polling", "websocket", "both"}
	roundTrip := func(round string) {
		t.Helper()
		for _, speaker := range everyone {
			p.say(t, speaker, speaker+round)
			said++
			for _, reader := range everyone {
				got := p.messages(t, reader, said)
				if want := `{"message":"` + speaker + round + `"}`; len(got) != said || got[said-1] != want {
					t.Fatalf("%s received %q, want %d with %q last", reader, got, said, want)
				}
			}
		}
	}
	reconnected := func(times int) {
		t.Helper()
		for _, client := range everyone[1:] {
			p.call(t, "reconnected", client, with{"connects": times}, nil)
		}
	}

	roundTrip(" on Node")
	leaves.stop(t)
	comes := startNudgeOn(t, leaves.port, redis.URL())
	comes.untilReady(t)
	reconnected(2)
	roundTrip(" on nudge")

	comes.stop(t)
	if comes.err != nil {
		t.Errorf("nudge ended with %v", comes.err)
	}
	startPeerOn(t, leaves.port, redis.URL())
	reconnected(3)
	roundTrip(" on Node again")
}
