package store

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"nudge/server/chat"
)

// Each node keeps who is on it under a key of its own, and tells the others what
// changes, and that it lives, on a channel.
const (
	peerBeat   = 4 * time.Second
	peerSilent = 15 * time.Second // a node that says nothing for so long is gone
	peerTick   = time.Second
	peerInbox  = 4096
	peerChunk  = 500 // people in one command
)

// notice is what a node tells the others.
type notice struct {
	Node   string                    `json:"node"`
	Seq    uint64                    `json:"seq"` // of the last change, this one included
	People map[string]*chat.Standing `json:"people,omitempty"`
	Reset  bool                      `json:"reset,omitempty"` // what was known of it is no more
	Who    bool                      `json:"who,omitempty"`   // all are asked to say that they live
	Gone   bool                      `json:"gone,omitempty"`
	Typing *chat.TypingEvent         `json:"typing,omitempty"`
}

// peers is what is to be told, and who else there is.
type peers struct {
	self string
	wake chan struct{}

	mu      sync.Mutex
	open    bool // there is a connection: without one all are told anew on the next
	seq     uint64
	changes map[string]*chat.Standing
	typing  []chat.TypingEvent

	known map[string]*peer // of the one goroutine that tells
}

// peer is another node.
type peer struct {
	seq  uint64
	seen time.Time
}

func newPeers(self string) *peers {
	return &peers{self: self, wake: make(chan struct{}, 1), changes: map[string]*chat.Standing{}, known: map[string]*peer{}}
}

// Tell implements chat.Peers.
func (r *Redis) Tell(changes map[string]*chat.Standing) {
	p := r.peers
	p.mu.Lock()
	if p.open {
		maps.Copy(p.changes, changes)
	}
	p.mu.Unlock()
	p.signal()
}

// Typing implements chat.Peers.
func (r *Redis) Typing(e chat.TypingEvent) {
	const most = 100
	p := r.peers
	p.mu.Lock()
	if p.open && len(p.typing) < most {
		p.typing = append(p.typing, e)
	}
	p.mu.Unlock()
	p.signal()
}

func (p *peers) signal() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// take is what is to be told.
func (p *peers) take() (changes map[string]*chat.Standing, typing []chat.TypingEvent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	changes, typing = p.changes, p.typing
	p.clear()
	if len(changes) > 0 {
		p.seq++
	}
	return changes, typing
}

func (p *peers) clear() { p.changes, p.typing = map[string]*chat.Standing{}, nil }

// connected says whether there is a connection: what waits is of the one before.
func (p *peers) connected(open bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open = open
	p.clear()
}

// tellPeers tells and hears of who is where until something fails or ctx ends.
func (r *Redis) tellPeers(ctx context.Context, client rueidis.Client) error {
	dedicated, release := client.Dedicate()
	defer release()
	inbox := make(chan notice, peerInbox)
	ended := dedicated.SetPubSubHooks(rueidis.PubSubHooks{OnMessage: func(m rueidis.PubSubMessage) {
		var n notice
		if json.Unmarshal([]byte(m.Message), &n) != nil || n.Node == r.peers.self || n.Node == "" {
			return
		}
		select {
		case inbox <- n:
		default: // a gap in the numbers tells
		}
	}})
	if err := dedicated.Do(ctx, dedicated.B().Subscribe().Channel(r.key("peers")).Build()).Error(); err != nil {
		return err
	}
	r.peers.connected(true)
	defer r.peers.connected(false)
	if err := r.introduce(ctx, client); err != nil {
		return err
	}
	tick := time.NewTicker(peerTick)
	defer tick.Stop()
	var beaten time.Time
	for {
		var err error
		select {
		case n := <-inbox:
			err = r.hear(ctx, client, n)
		case <-r.peers.wake:
			err = r.tell(ctx, client)
		case now := <-tick.C:
			if now.Sub(beaten) >= peerBeat {
				beaten = now
				err = r.beat(ctx, client, notice{})
			}
			r.buryPeers(now)
		case err = <-ended:
			err = errors.Join(errors.New("the peers' channel is cut off"), err)
		case <-ctx.Done():
			r.leavePeers(ctx, client)
			return ctx.Err()
		}
		if err != nil {
			return err
		}
	}
}

// peopleKey is where a node keeps who is on it.
func (r *Redis) peopleKey(node string) string { return r.key("people:" + node) }

// introduce writes all who are here anew, and asks who else there is.
func (r *Redis) introduce(ctx context.Context, client rueidis.Client) error {
	if err := client.Do(ctx, client.B().Del().Key(r.peopleKey(r.peers.self)).Build()).Error(); err != nil {
		return err
	}
	if err := r.writePeople(ctx, client, r.node.People()); err != nil {
		return err
	}
	return r.beat(ctx, client, notice{Reset: true, Who: true})
}

// writePeople writes what has become of people here.
func (r *Redis) writePeople(ctx context.Context, client rueidis.Client, changes map[string]*chat.Standing) error {
	key := r.peopleKey(r.peers.self)
	var gone []string
	here := map[string]string{}
	flush := func(least int) error {
		if len(gone) >= least {
			if err := client.Do(ctx, client.B().Hdel().Key(key).Field(gone...).Build()).Error(); err != nil {
				return err
			}
			gone = nil
		}
		if len(here) < least {
			return nil
		}
		set := client.B().Hset().Key(key).FieldValue()
		for id, standing := range here {
			set = set.FieldValue(id, standing)
		}
		here = map[string]string{}
		return client.Do(ctx, set.Build()).Error()
	}
	for id, now := range changes {
		if now == nil {
			gone = append(gone, id)
		} else {
			text, _ := json.Marshal(now) // strings and numbers: it cannot fail
			here[id] = string(text)
		}
		if err := flush(peerChunk); err != nil {
			return err
		}
	}
	return flush(1)
}

// tell tells what has changed.
func (r *Redis) tell(ctx context.Context, client rueidis.Client) error {
	changes, typing := r.peers.take()
	if len(changes) > 0 {
		if err := r.writePeople(ctx, client, changes); err != nil {
			return err
		}
		n := notice{People: changes}
		if len(changes) > peerChunk {
			n = notice{Reset: true} // to be read where it is kept
		}
		if err := r.beat(ctx, client, n); err != nil {
			return err
		}
	}
	for _, e := range typing {
		if err := r.beat(ctx, client, notice{Typing: &e}); err != nil {
			return err
		}
	}
	return nil
}

// beat tells the others something, if only that this node lives, and keeps its people.
func (r *Redis) beat(ctx context.Context, client rueidis.Client, n notice) error {
	n.Node = r.peers.self
	r.peers.mu.Lock()
	n.Seq = r.peers.seq
	r.peers.mu.Unlock()
	text, _ := json.Marshal(n) // strings and numbers: it cannot fail
	commands := rueidis.Commands{
		client.B().Pexpire().Key(r.peopleKey(n.Node)).Milliseconds(peerSilent.Milliseconds()).Build(),
		client.B().Publish().Channel(r.key("peers")).Message(string(text)).Build(),
	}
	for _, result := range client.DoMulti(ctx, commands...) {
		if err := result.Error(); err != nil {
			return err
		}
	}
	return nil
}

// hear takes what another node told.
func (r *Redis) hear(ctx context.Context, client rueidis.Client, n notice) error {
	if n.Gone {
		delete(r.peers.known, n.Node)
		r.node.PeerGone(n.Node)
		return nil
	}
	p := r.peers.known[n.Node]
	expected := uint64(0)
	if p != nil {
		expected = p.seq
		if n.People != nil {
			expected++
		}
	}
	switch {
	case p == nil || n.Reset || n.Seq != expected:
		if err := r.readPeer(ctx, client, n.Node); err != nil {
			return err
		}
	case n.People != nil:
		r.node.PeerPeople(n.Node, n.People, false)
	}
	r.peers.known[n.Node] = &peer{seq: n.Seq, seen: time.Now()}
	if n.Typing != nil {
		r.node.PeerTyping(*n.Typing)
	}
	if n.Who {
		return r.beat(ctx, client, notice{})
	}
	return nil
}

// readPeer reads all who are on another node.
func (r *Redis) readPeer(ctx context.Context, client rueidis.Client, node string) error {
	fields, err := client.Do(ctx, client.B().Hgetall().Key(r.peopleKey(node)).Build()).AsStrMap()
	if err != nil {
		return err
	}
	people := make(map[string]*chat.Standing, len(fields))
	for id, text := range fields {
		var s chat.Standing
		if json.Unmarshal([]byte(text), &s) == nil {
			people[id] = &s
		}
	}
	r.node.PeerPeople(node, people, true)
	return nil
}

// buryPeers forgets the nodes that have been silent for too long.
func (r *Redis) buryPeers(now time.Time) {
	for node, p := range r.peers.known {
		if now.Sub(p.seen) > peerSilent {
			r.cfg.Logger.Warn("a node gives no sign of life: its people have left", "node", node, "after", peerSilent)
			delete(r.peers.known, node)
			r.node.PeerGone(node)
		}
	}
}

// leavePeers says goodbye.
func (r *Redis) leavePeers(ctx context.Context, client rueidis.Client) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.farewell())
	defer cancel()
	_ = client.Do(ctx, client.B().Del().Key(r.peopleKey(r.peers.self)).Build()).Error() // it expires else
	_ = r.beat(ctx, client, notice{Gone: true})
}
