package chat

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// What changes in a room is told together, and the more people are in it the less
// often: each event goes to all of them.
const (
	presenceInterval = 100 * time.Millisecond
	presenceExtra    = time.Millisecond // for each who is there
	presenceLongest  = 5 * time.Second
)

// presence is who is in the chat, as this node knows it.
type presence struct {
	clients Clients
	peers   Peers
	wake    chan struct{}

	mu    sync.Mutex
	all   *people
	here  map[string]*local   // who is on this node, by id
	dirty map[string]struct{} // those of them whom the peers have not been told of
}

// local is someone on this node.
type local struct {
	name     string
	named    int64
	sessions int
	rooms    map[string]int // its sessions in each
}

func newPresence(clients Clients, peers Peers) *presence {
	return &presence{
		clients: clients,
		peers:   peers,
		wake:    make(chan struct{}, 1),
		all:     newPeople(),
		here:    map[string]*local{},
		dirty:   map[string]struct{}{},
	}
}

// run tells what has changed, until ctx ends.
func (p *presence) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	<-timer.C
	for {
		select {
		case <-p.wake:
		case <-ctx.Done():
			return
		}
		timer.Reset(presenceInterval)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		p.flush(time.Now())
	}
}

func (p *presence) signal() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// flush tells this node's clients and the peers what has changed.
func (p *presence) flush(now time.Time) {
	p.mu.Lock()
	told := make(map[string]*Standing, len(p.dirty))
	for id := range p.dirty {
		told[id] = p.standing(id)
	}
	clear(p.dirty)
	events, later := map[string][]any{}, false
	for name, r := range p.all.rooms {
		if len(r.before) == 0 {
			continue
		}
		if now.Sub(r.shown) < min(time.Duration(len(r.present))*presenceExtra, presenceLongest) {
			later = true
			continue
		}
		r.shown = now
		events[name] = r.changes(name)
	}
	p.mu.Unlock()
	if later {
		p.signal()
	}
	if len(told) > 0 && p.peers != nil {
		p.peers.Tell(told)
	}
	for name, each := range events {
		if len(each) > 0 {
			p.clients.Emit(name, EventPresence, false, each...)
		}
	}
}

// standing is what the peers are told of someone here: nil for who is in no room.
func (p *presence) standing(id string) *Standing {
	l := p.here[id]
	if l == nil || len(l.rooms) == 0 {
		return nil
	}
	return &Standing{Name: l.name, Named: l.named, Rooms: slices.Sorted(maps.Keys(l.rooms))}
}

// touch has what became of someone here known.
func (p *presence) touch(id string, peers bool) {
	var now *Standing
	if l := p.here[id]; l != nil {
		now = &Standing{Name: l.name, Named: l.named, Rooms: slices.Sorted(maps.Keys(l.rooms))}
	}
	p.all.set(self, id, now)
	if peers {
		p.dirty[id] = struct{}{}
	}
	p.signal()
}

// come takes a session in. Without a name, it has the one it is known by, or a new one.
func (p *presence) come(id, name string) Person {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.here[id]
	if l == nil {
		l = &local{rooms: map[string]int{}}
		p.here[id] = l
	}
	l.sessions++
	if known := p.all.persons[id]; name != "" {
		l.name, l.named = name, p.newer(id)
	} else if known != nil {
		l.name, l.named = known.Name, known.named
	} else {
		l.name = "guest-" + id[:4]
	}
	p.touch(id, len(l.rooms) > 0)
	return p.known(id)
}

// newer is the time of a new name: later than that of the one before.
func (p *presence) newer(id string) int64 {
	now := time.Now().UnixMilli()
	if known := p.all.persons[id]; known != nil {
		now = max(now, known.named+1)
	}
	return now
}

// away takes leave of a session that has left its rooms.
func (p *presence) away(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.here[id]
	if l.sessions--; l.sessions > 0 {
		return
	}
	delete(p.here, id)
	p.touch(id, false)
}

func (p *presence) rename(id, name string) Person {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l := p.here[id]; l != nil {
		l.name, l.named = name, p.newer(id)
		p.touch(id, true)
	}
	return p.known(id)
}

func (p *presence) enter(id, room string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all.enter(room)
	l := p.here[id]
	if l.rooms[room]++; l.rooms[room] == 1 {
		p.touch(id, true)
	}
}

func (p *presence) exit(id, room string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.here[id]
	if l.rooms[room]--; l.rooms[room] == 0 {
		delete(l.rooms, room)
		p.touch(id, true)
	}
	p.all.exit(room)
}

// person is someone on this node, as all see it.
func (p *presence) person(id string) Person {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.known(id)
}

// known is someone as all see it. A session that has just ended may have been the
// last to know.
func (p *presence) known(id string) Person {
	if who := p.all.persons[id]; who != nil {
		return who.Person
	}
	return Person{ID: id}
}

// in are those in a room, first among them, and how many there are.
func (p *presence) in(room, first string) (some []Person, count int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.all.rooms[room]
	if r == nil {
		return []Person{}, 0
	}
	return r.list(first, MaxPeople), len(r.present)
}

// rooms are those that this node has sessions in.
func (p *presence) rooms() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var names []string
	for name, r := range p.all.rooms {
		if r.sessions > 0 {
			names = append(names, name)
		}
	}
	return names
}

// typing shows that someone types. What is more than a room can read is lost.
func (p *presence) typing(e TypingEvent) (shown bool) {
	const rate, burst = 20, 40
	p.mu.Lock()
	r := p.all.rooms[e.Room]
	shown = r != nil && r.sessions > 0 && r.typing.allow(time.Now(), rate, burst)
	p.mu.Unlock()
	if shown {
		p.clients.Emit(e.Room, EventTyping, true, e)
	}
	return shown
}
