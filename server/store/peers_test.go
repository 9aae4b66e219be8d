package store

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"

	"nudge/adapter/adaptertest/redistest"
	"nudge/server/chat"
)

// hall is a node of the chat with its people, whose way to Redis can be cut.
type hall struct {
	*chat.Chat
	store *Redis
	way   *redistest.Proxy

	mu   sync.Mutex
	left []string // of whom the clients here were told that they left
}

// Emit implements chat.Clients.
func (h *hall) Emit(_, _ string, _ bool, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, arg := range args {
		if e, ok := arg.(chat.PresenceEvent); ok {
			for _, who := range e.Left {
				h.left = append(h.left, who.Name)
			}
		}
	}
}

func (h *hall) whoLeft() []string { h.mu.Lock(); defer h.mu.Unlock(); return slices.Clone(h.left) }

func openHall(t *testing.T, redis *redistest.Server, name string) *hall {
	t.Helper()
	h := &hall{way: redistest.StartProxy(t, redis)}
	h.store = NewRedis(configOf(name, dialTo(h.way.URL())))
	h.Chat = chat.New(chat.Config{Store: h.store, Clients: h, Peers: h.store})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { h.store.Run(ctx, h) })
	running.Go(func() { h.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	h.connected(t, true)
	return h
}

func (h *hall) connected(t *testing.T, want bool) {
	t.Helper()
	eventually(t, "its connection", func() bool { return h.store.State().Connected == want })
}

// guest is a client that is told nothing.
type guest struct{}

func (guest) Emit(string, any) {}
func (guest) Join(string) bool { return true }
func (guest) Leave(string)     {}

// come has someone enter the room that all are in.
func (h *hall) come(t *testing.T, name string) *chat.Session {
	t.Helper()
	s := h.Connect(guest{}, chat.Auth{Chat: chat.Version, Key: "secret-secret-of-" + name, Name: name})
	t.Cleanup(s.Close)
	h.there(t, s)
	return s
}

// there are the names of those whom someone sees in the room.
func (h *hall) there(t *testing.T, s *chat.Session) (names []string) {
	t.Helper()
	s.Handle(chat.EventJoin, []byte(`{"room":"hall"}`), func(answer any) {
		joined, ok := answer.(chat.JoinAnswer)
		if !ok {
			text, _ := json.Marshal(answer)
			t.Errorf("joined with %s", text)
		}
		for _, who := range joined.People {
			names = append(names, who.Name)
		}
	})
	slices.Sort(names)
	return names
}

func (h *hall) untilThere(t *testing.T, s *chat.Session, names ...string) {
	t.Helper()
	eventually(t, "who is there", func() bool { return slices.Equal(h.there(t, s), names) })
}

// TestPeersMissWhoLeaves: who left while no node could tell or hear of it is not shown
// for ever, whichever node is back first.
func TestPeersMissWhoLeaves(t *testing.T) {
	redis := redistest.Start(t)
	one, two := openHall(t, redis, "one"), openHall(t, redis, "two")
	ann := one.come(t, "Ann")
	ben, cat := two.come(t, "Ben"), two.come(t, "Cat")
	one.untilThere(t, ann, "Ann", "Ben", "Cat")
	two.untilThere(t, cat, "Ann", "Ben", "Cat")
	for _, h := range []*hall{one, two} {
		h.way.BlackHole()
	}
	for _, h := range []*hall{one, two} {
		h.connected(t, false)
	}
	ben.Close()
	eventually(t, "it is told, to no other node", func() bool { return slices.Equal(two.whoLeft(), []string{"Ben"}) })
	for _, h := range []*hall{two, one} {
		h.way.Heal()
		h.connected(t, true)
	}
	one.untilThere(t, ann, "Ann", "Cat")
	two.untilThere(t, cat, "Ann", "Cat")
}

// TestPeersAreWrittenAnew: people whom Redis has forgotten, while their node was still
// connected, are written anew, before or with what changes next.
func TestPeersAreWrittenAnew(t *testing.T) {
	redis := redistest.Start(t)
	one, two := openHall(t, redis, "one"), openHall(t, redis, "two")
	ann := one.come(t, "Ann")
	two.come(t, "Ben")
	one.untilThere(t, ann, "Ann", "Ben")
	kept := two.store.peopleKey(two.store.peers.self)
	for _, c := range []struct {
		what   string
		change func()
		people string
	}{
		{"by the next beat", func() {}, "1"},
		{"with the next change", func() { two.come(t, "Cat") }, "2"},
	} {
		redis.Do("DEL", kept)
		c.change()
		eventually(t, c.what, func() bool { return redis.Do("HLEN", kept) == c.people })
	}
	three := openHall(t, redis, "three")
	dan := three.come(t, "Dan")
	three.untilThere(t, dan, "Ann", "Ben", "Cat", "Dan")
	one.untilThere(t, ann, "Ann", "Ben", "Cat", "Dan")
}
