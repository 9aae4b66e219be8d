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

func anyTopic(topic) bool { return true }

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
		add, _ := p.changes(anyTopic)
		p.unconfirm(add)
		s.end()
		p.confirm(add)
	})
	t.Run("and it is subscribed to again", func(t *testing.T) {
		p := newIdlePubsub(t)
		p.begin(nil, nil, room)
		add, _ := p.changes(anyTopic)
		p.unconfirm(add)
		p.confirm(add)
		if isConfirmed(p) {
			t.Error("it is confirmed on a connection that has ended")
		}
		add, _ = p.changes(anyTopic)
		p.confirm(add)
		if !isConfirmed(p) {
			t.Error("it is not confirmed")
		}
	})
}

// TestNobodyWantsWhatIsNotConfirmed: who goes while a part of Redis is away leaves no
// topic behind, however far its subscription had come.
func TestNobodyWantsWhatIsNotConfirmed(t *testing.T) {
	room := topic{topicShard, "a room"}
	for name, steps := range map[string]func(p *pubsub, s *subscribed){
		"gone while it is subscribed to": func(p *pubsub, s *subscribed) {
			add, _ := p.changes(anyTopic)
			s.end()
			p.unconfirm(add)
		},
		"gone before it is tried again": func(p *pubsub, s *subscribed) {
			add, _ := p.changes(anyTopic)
			p.unconfirm(add)
			s.end()
		},
		"gone, and the connection is lost": func(p *pubsub, s *subscribed) {
			add, _ := p.changes(anyTopic)
			p.confirm(add)
			s.end()
			p.unconfirm(add)
		},
		"gone, and the connection is lost while that is told": func(p *pubsub, s *subscribed) {
			add, _ := p.changes(anyTopic)
			p.confirm(add)
			s.end()
			_, remove := p.changes(anyTopic)
			p.unconfirm(remove)
			p.forget(remove)
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newIdlePubsub(t)
			steps(p, p.begin(nil, nil, room))
			if n := len(p.topics); n != 0 {
				t.Errorf("%d topics are left", n)
			}
		})
	}
}
