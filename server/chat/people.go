package chat

import (
	"maps"
	"slices"
	"time"
)

// self is the name of this node among the nodes; no other has an empty one.
const self = ""

// people are all who are in the chat, on which node and in which rooms. It is not
// safe for concurrent use.
type people struct {
	nodes   map[string]map[string]*Standing // by node and id
	persons map[string]*person              // by id
	rooms   map[string]*room
}

// person is someone as all nodes together see it.
type person struct {
	Person
	named int64
	nodes int            // that know it
	rooms map[string]int // nodes on which it is in the room
}

// room is a room that someone is in, here or elsewhere.
type room struct {
	present  map[string]*person
	sessions int                // of this node
	before   map[string]*Person // those who changed since the last event, as they were; nil: not there
	shown    time.Time          // when the last event was sent
	typing   limiter
}

func newPeople() *people {
	return &people{
		nodes:   map[string]map[string]*Standing{},
		persons: map[string]*person{},
		rooms:   map[string]*room{},
	}
}

// room returns a room, which is made where there was none.
func (p *people) room(name string) *room {
	r := p.rooms[name]
	if r == nil {
		r = &room{present: map[string]*person{}}
		p.rooms[name] = r
	}
	return r
}

// enter and exit count the sessions of this node that are in a room: it is they who
// are shown what changes.
func (p *people) enter(name string) { p.room(name).sessions++ }

func (p *people) exit(name string) {
	r := p.room(name)
	if r.sessions--; r.sessions == 0 {
		r.before = nil
	}
	p.tidy(name, r)
}

func (p *people) tidy(name string, r *room) {
	if r.sessions == 0 && len(r.present) == 0 {
		delete(p.rooms, name)
	}
}

// set says how someone stands on a node; nil: it is not there any more.
func (p *people) set(node, id string, now *Standing) {
	was := p.nodes[node][id]
	if was == nil && now == nil {
		return
	}
	who := p.persons[id]
	if who == nil {
		who = &person{Person: Person{ID: id}, rooms: map[string]int{}}
		p.persons[id] = who
	}
	if now != nil && (now.Named > who.named || now.Named == who.named && now.Name > who.Name) && now.Name != who.Name {
		for name := range who.rooms {
			p.noteBefore(name, who)
		}
		who.Name = now.Name
	}
	if now != nil {
		who.named = max(who.named, now.Named)
		for _, name := range now.Rooms {
			p.arrive(name, who)
		}
	}
	if was != nil {
		for _, name := range was.Rooms {
			p.depart(name, who)
		}
	}
	p.record(node, who, was, now)
}

// record keeps a standing, and forgets whom no node knows.
func (p *people) record(node string, who *person, was, now *Standing) {
	if now == nil {
		delete(p.nodes[node], who.ID)
		if len(p.nodes[node]) == 0 {
			delete(p.nodes, node)
		}
		who.nodes--
	} else {
		if p.nodes[node] == nil {
			p.nodes[node] = map[string]*Standing{}
		}
		p.nodes[node][who.ID] = now
		if was == nil {
			who.nodes++
		}
	}
	if who.nodes == 0 {
		delete(p.persons, who.ID)
	}
}

func (p *people) arrive(name string, who *person) {
	who.rooms[name]++
	if who.rooms[name] == 1 {
		p.noteBefore(name, who)
		p.room(name).present[who.ID] = who
	}
}

func (p *people) depart(name string, who *person) {
	if who.rooms[name]--; who.rooms[name] > 0 {
		return
	}
	p.noteBefore(name, who)
	delete(who.rooms, name)
	r := p.room(name)
	delete(r.present, who.ID)
	p.tidy(name, r)
}

// noteBefore keeps how someone was in a room before it changes.
func (p *people) noteBefore(name string, who *person) {
	r := p.room(name)
	if r.sessions == 0 {
		return
	}
	if _, noted := r.before[who.ID]; noted {
		return
	}
	if r.before == nil {
		r.before = map[string]*Person{}
	}
	r.before[who.ID] = nil
	if _, present := r.present[who.ID]; present {
		was := who.Person
		r.before[who.ID] = &was
	}
}

// removeNode forgets a node.
func (p *people) removeNode(node string) {
	for id := range maps.Clone(p.nodes[node]) {
		p.set(node, id, nil)
	}
}

// list is up to most of those in a room, first among them.
func (r *room) list(first string, most int) []Person {
	found := make([]Person, 0, min(len(r.present), most))
	if who := r.present[first]; who != nil {
		found = append(found, who.Person)
	}
	for id, who := range r.present {
		if len(found) == most {
			break
		}
		if id != first {
			found = append(found, who.Person)
		}
	}
	return found
}

// changes are the events that tell what has changed in a room since the last ones:
// each of a bounded size.
func (r *room) changes(name string) []any {
	all := PresenceEvent{Room: name, Joined: []Person{}, Left: []Person{}, Changed: []Person{}, Count: len(r.present)}
	for id, was := range r.before {
		now := r.present[id]
		switch {
		case was == nil && now != nil:
			all.Joined = append(all.Joined, now.Person)
		case was != nil && now == nil:
			all.Left = append(all.Left, *was)
		case was != nil && now.Name != was.Name:
			all.Changed = append(all.Changed, now.Person)
		}
	}
	r.before = nil
	var events []any
	for len(all.Joined)+len(all.Left)+len(all.Changed) > 0 {
		e := all
		e.Joined, all.Joined = split(all.Joined, MaxPeople)
		e.Left, all.Left = split(all.Left, MaxPeople)
		e.Changed, all.Changed = split(all.Changed, MaxPeople)
		events = append(events, e)
	}
	return events
}

func split(list []Person, at int) (head, tail []Person) {
	at = min(at, len(list))
	return slices.Clip(list[:at]), list[at:]
}
