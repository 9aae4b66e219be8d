package adapter

import (
	"log/slog"
	"testing"
)

// newIdlePubsub is one that nobody runs.
func newIdlePubsub(t *testing.T) *pubsub {
	t.Helper()
	cfg, err := ClusterConfig{Logger: slog.New(slog.DiscardHandler)}.withDefaults(KindSharded)
	if err != nil {
		t.Fatal(err)
	}
	return newPubsub(cfg, redisURL{})
}

// TestConfirmedAfterItsConnectionIsLost: a master's connection may end, or the slot of a
// channel move, between the answer to a subscription and its being noted.
func TestConfirmedAfterItsConnectionIsLost(t *testing.T) {
	room := topic{topicShard, "a room"}
	isConfirmed := func(p *pubsub) bool {
		select {
		case <-p.topics[room].confirmed:
			return true
		default:
			return false
		}
	}
	t.Run("and nobody wants it any more", func(t *testing.T) {
		p := newIdlePubsub(t)
		s := p.begin(nil, nil, room)
		add, _ := p.changes()
		p.unconfirm(add)
		s.end()
		p.confirm(add)
	})
	t.Run("and it is subscribed to again", func(t *testing.T) {
		p := newIdlePubsub(t)
		p.begin(nil, nil, room)
		add, _ := p.changes()
		p.unconfirm(add)
		p.confirm(add)
		if isConfirmed(p) {
			t.Error("it is confirmed on a connection that has ended")
		}
		add, _ = p.changes()
		p.confirm(add)
		if !isConfirmed(p) {
			t.Error("it is not confirmed")
		}
	})
}
