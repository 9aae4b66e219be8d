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
	Terms  *terms                    `json:"terms,omitempty"` // now and then
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
	unlike  int // nodes that keep messages by other terms

	roster *roster // of the one goroutine that tells
}

func newPeers(self string, own terms) *peers {
	return &peers{self: self, wake: make(chan struct{}, 1), changes: map[string]*chat.Standing{}, roster: newRoster(own)}
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
	if err := r.introduce(ctx, client, notice{Who: true}); err != nil {
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
				err = r.sayOn(ctx, client)
			}
			r.buryPeers()
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

// hear takes what another node told.
func (r *Redis) hear(ctx context.Context, client rueidis.Client, n notice) error {
	if n.Gone {
		r.peers.roster.forget(n.Node)
		r.peers.compare()
		r.node.PeerGone(n.Node)
		return nil
	}
	switch {
	case !r.peers.roster.follows(n):
		if err := r.readPeer(ctx, client, n.Node); err != nil {
			return err
		}
	case n.People != nil:
		r.node.PeerPeople(n.Node, n.People, false)
	}
	if r.peers.roster.heard(n) {
		r.cfg.Logger.Warn("a node keeps messages by other settings: give all nodes the same --chat and --history-…",
			"node", n.Node, "there", *n.Terms, "here", r.peers.roster.terms)
	}
	r.peers.compare()
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

// compare has it known how many nodes differ from this one.
func (p *peers) compare() {
	unlike := p.roster.unlike()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unlike = unlike
}

// buryPeers has the people leave of nodes that have been silent for too long.
func (r *Redis) buryPeers() {
	for _, node := range r.peers.roster.tick() {
		r.cfg.Logger.Warn("a node gives no sign of life: its people have left", "node", node, "after", peerSilent)
		r.node.PeerGone(node)
		r.peers.compare()
	}
}
