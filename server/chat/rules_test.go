package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// crowd are a node's clients, and what each room was told.
type crowd struct {
	mu     sync.Mutex
	events map[string][]any // by "event room"
}

func (c *crowd) Emit(room, event string, _ bool, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.events == nil {
		c.events = map[string][]any{}
	}
	c.events[event+" "+room] = append(c.events[event+" "+room], args...)
}

// take is what a room was told of an event since it was asked last.
func (c *crowd) take(event, room string) []any {
	c.mu.Lock()
	defer c.mu.Unlock()
	told := c.events[event+" "+room]
	delete(c.events, event+" "+room)
	return told
}

// presence are the changes a room was told, as "+Ann", "-Ann" and "=Ann" for joined,
// left and changed, and the count.
func (c *crowd) presence(room string) (changes []string) {
	for _, told := range c.take(EventPresence, room) {
		e, _ := told.(PresenceEvent)
		for sign, list := range map[string][]Person{"+": e.Joined, "-": e.Left, "=": e.Changed} {
			for _, who := range list {
				changes = append(changes, fmt.Sprint(sign, who.Name, " ", e.Count))
			}
		}
	}
	slices.Sort(changes)
	return changes
}

// gathering is a chat with sessions for the length of a test, in a bubble of its own time.
type gathering struct {
	*testing.T
	*Chat
	crowd *crowd
	peers *peersTold
}

// peersTold is what the other nodes were told.
type peersTold struct {
	mu     sync.Mutex
	people map[string]*Standing
	typing []TypingEvent
}

func (p *peersTold) Tell(changes map[string]*Standing) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, now := range changes {
		p.people[id] = now
	}
}

func (p *peersTold) Typing(e TypingEvent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.typing = append(p.typing, e)
}

// gather runs a test with a chat, whose time passes at once.
func gather(t *testing.T, test func(g *gathering)) {
	t.Helper()
	gatherWith(t, boundedStore{t}, test)
}

// gatherWith is gather with another store.
func gatherWith(t *testing.T, store Store, test func(g *gathering)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		g := &gathering{T: t, crowd: &crowd{}, peers: &peersTold{people: map[string]*Standing{}}}
		g.Chat = New(Config{Store: store, Clients: g.crowd, Peers: g.peers})
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { g.Chat.Run(ctx) })
		test(g)
		cancel()
		running.Wait()
	})
}

// come connects someone by a name, whose key is made of it.
func (g *gathering) come(name string) *Session {
	return g.Connect(silentClient{}, Auth{Chat: Version, Key: strings.Repeat("k", minAuthKey) + name, Name: name})
}

// ask has a session handle an event, and returns the code that it was refused with.
func (g *gathering) ask(s *Session, event string, arg any) (code string) {
	g.Helper()
	text, err := json.Marshal(arg)
	if err != nil {
		g.Fatal(err)
	}
	answers := 0
	s.Handle(event, text, func(answer any) {
		answers++
		if refused, ok := answer.(Answer); ok && refused.Error != nil {
			code = refused.Error.Code
		}
	})
	if answers != 1 {
		g.Errorf("%s was answered %d times", event, answers)
	}
	return code
}

// settle waits until what has changed is told.
func settle() {
	time.Sleep(time.Second)
	synctest.Wait()
}

func TestRooms(t *testing.T) {
	gather(t, func(g *gathering) {
		ann := g.come("Ann")
		for i := range MaxRooms {
			if code := g.ask(ann, EventJoin, JoinRequest{Room: fmt.Sprint(i)}); code != "" {
				t.Errorf("room %d: %s", i, code)
			}
		}
		for _, test := range []struct {
			what, event string
			arg         any
			code        string
		}{
			{"one too many", EventJoin, JoinRequest{Room: "more"}, "invalid_message"},
			{"one that it is in", EventJoin, JoinRequest{Room: "0"}, ""},
			{"say something in one that it is not in", EventSend, SendRequest{Room: "more", Key: "k", Text: "x"}, "invalid_message"},
			{"type there", EventTyping, TypingRequest{Room: "more", Typing: true}, "invalid_message"},
			{"read there", EventHistory, HistoryRequest{Room: "more"}, "invalid_message"},
			{"leave it", EventLeave, LeaveRequest{Room: "more"}, ""},
			{"leave one", EventLeave, LeaveRequest{Room: "0"}, ""},
			{"say something there", EventSend, SendRequest{Room: "0", Key: "k", Text: "x"}, "invalid_message"},
			{"now there is room", EventJoin, JoinRequest{Room: "more"}, ""},
			{"say something", EventSend, SendRequest{Room: "more", Key: "k", Text: "x"}, ""},
		} {
			if code := g.ask(ann, test.event, test.arg); code != test.code {
				t.Errorf("%s: %q, want %q", test.what, code, test.code)
			}
		}
		ann.Close()
	})
}

// TestRates: what a connection may do at once, and how often then; and that another
// connection is not kept from it.
func TestRates(t *testing.T) {
	for name, test := range map[string]struct {
		burst, perSecond int
		do               func(g *gathering, s *Session, n int) string
	}{
		"names": {5, 1, func(g *gathering, s *Session, n int) string {
			return g.ask(s, EventName, NameRequest{Name: fmt.Sprint("Ann", n)})
		}},
		"typing": {10, 2, func(g *gathering, s *Session, n int) string {
			return g.ask(s, EventTyping, TypingRequest{Room: Lobby, Typing: n%2 == 0})
		}},
		"rooms": {2*MaxRooms - 1, 1, func(g *gathering, s *Session, n int) string { // the lobby is the first
			code := g.ask(s, EventJoin, JoinRequest{Room: fmt.Sprint("r", n)})
			g.ask(s, EventLeave, LeaveRequest{Room: fmt.Sprint("r", n)})
			return code
		}},
	} {
		t.Run(name, func(t *testing.T) {
			gather(t, func(g *gathering) {
				ann, ben := g.come("Ann"), g.come("Ben")
				g.ask(ann, EventJoin, JoinRequest{Room: Lobby})
				g.ask(ben, EventJoin, JoinRequest{Room: Lobby})
				granted := func(s *Session, most int) (n int) {
					for i := range most {
						switch code := test.do(g, s, i); code {
						case "":
							n++
						case "rate_limited":
						default:
							t.Errorf("refused with %q", code)
						}
					}
					return n
				}
				if n := granted(ann, 2*test.burst); n != test.burst {
					t.Errorf("%d at once, want %d", n, test.burst)
				}
				if n := granted(ben, 1); n != 1 {
					t.Error("another is refused")
				}
				time.Sleep(time.Second + time.Millisecond)
				if n := granted(ann, test.burst); n != test.perSecond {
					t.Errorf("%d after a second, want %d", n, test.perSecond)
				}
				time.Sleep(time.Minute)
				if n := granted(ann, 2*test.burst); n < test.burst || n > test.burst+1 {
					t.Errorf("%d after a minute, want %d", n, test.burst)
				}
				ann.Close()
				ben.Close()
			})
		})
	}
}

// TestTypingOfARoom: what a room is shown of those who type is bounded, however many
// do; and it is passed on to the other nodes.
func TestTypingOfARoom(t *testing.T) {
	gather(t, func(g *gathering) {
		const people, most = 50, 40
		var all []*Session
		for i := range people {
			s := g.come(fmt.Sprint("p", i))
			all = append(all, s)
			g.ask(s, EventJoin, JoinRequest{Room: Lobby})
		}
		for _, s := range all {
			if code := g.ask(s, EventTyping, TypingRequest{Room: Lobby, Typing: true}); code != "" {
				t.Errorf("refused with %s", code)
			}
		}
		if shown := len(g.crowd.take(EventTyping, Lobby)); shown != most || len(g.peers.typing) != most {
			t.Errorf("%d are shown here, %d elsewhere, want %d", shown, len(g.peers.typing), most)
		}
		time.Sleep(time.Minute)
		g.PeerTyping(TypingEvent{Room: Lobby, From: Person{ID: "p", Name: "Far"}, Typing: true})
		g.PeerTyping(TypingEvent{Room: "nobody's", From: Person{ID: "p", Name: "Far"}, Typing: true})
		if shown := g.crowd.take(EventTyping, Lobby); len(shown) != 1 {
			t.Errorf("of one elsewhere are shown %v", shown)
		}
		if shown := g.crowd.take(EventTyping, "nobody's"); len(shown) != 0 {
			t.Errorf("a room that nobody here is in is shown %v", shown)
		}
		for _, s := range all {
			s.Close()
		}
	})
}

// TestPresence follows what a room and the peers are told, step by step.
func TestPresence(t *testing.T) {
	gather(t, func(g *gathering) {
		watcher := g.come("Watcher")
		g.ask(watcher, EventJoin, JoinRequest{Room: "a"})
		var one, two *Session
		far := &Standing{Name: "Far", Named: 1, Rooms: []string{"a"}}
		id := personID(strings.Repeat("k", minAuthKey) + "Ann")
		for _, step := range []struct {
			what string
			do   func()
			want string
			told string // what the peers know of Ann
		}{
			{"the first", func() {}, "[+Watcher 1]", ""},
			{"one connects", func() { one = g.come("Ann") }, "[]", ""},
			{"and joins", func() { g.ask(one, EventJoin, JoinRequest{Room: "a"}) }, "[+Ann 2]", "Ann [a]"},
			{"joins again", func() { g.ask(one, EventJoin, JoinRequest{Room: "a"}) }, "[]", "Ann [a]"},
			{"its second connection", func() { two = g.come("Ann"); g.ask(two, EventJoin, JoinRequest{Room: "a"}) }, "[]", "Ann [a]"},
			{"joins another room", func() { g.ask(two, EventJoin, JoinRequest{Room: "b"}) }, "[]", "Ann [a b]"},
			{"its first leaves", func() { one.Close() }, "[]", "Ann [a b]"},
			{"its first leaves again", func() { one.Close() }, "[]", "Ann [a b]"},
			{"it has another name", func() { g.ask(two, EventName, NameRequest{Name: "Anna"}) }, "[=Anna 2]", "Anna [a b]"},
			{"there and back", func() {
				g.ask(two, EventLeave, LeaveRequest{Room: "a"})
				g.ask(two, EventJoin, JoinRequest{Room: "a"})
			}, "[]", "Anna [a b]"},
			{"it is on another node, too", func() {
				g.PeerPeople("n", map[string]*Standing{id: {Name: "Anna", Named: 1, Rooms: []string{"a"}}, "far": far}, true)
			}, "[+Far 3]", "Anna [a b]"},
			{"and on a third", func() { g.PeerPeople("o", map[string]*Standing{id: {Name: "Ann", Rooms: []string{"a"}}}, true) }, "[]", "Anna [a b]"},
			{"its second leaves", func() { two.Close() }, "[]", ""},
			{"that node has no such any more", func() { g.PeerPeople("n", map[string]*Standing{"far": far}, true) }, "[]", ""},
			{"the third leaves", func() { g.PeerPeople("o", map[string]*Standing{id: nil}, false) }, "[-Anna 2]", ""},
			{"who was never there leaves", func() { g.PeerPeople("o", map[string]*Standing{"x": nil}, false) }, "[]", ""},
			{"the node is gone", func() { g.PeerGone("n") }, "[-Far 1]", ""},
			{"it is gone again", func() { g.PeerGone("n") }, "[]", ""},
		} {
			step.do()
			settle()
			if got := fmt.Sprint(g.crowd.presence("a")); got != step.want {
				t.Errorf("%s: the room is told %s, want %s", step.what, got, step.want)
			}
			told := ""
			g.peers.mu.Lock()
			if now := g.peers.people[id]; now != nil {
				told = fmt.Sprint(now.Name, " ", now.Rooms)
			}
			g.peers.mu.Unlock()
			if told != step.told {
				t.Errorf("%s: the peers know %q, want %q", step.what, told, step.told)
			}
		}
		watcher.Close()
		if len(g.Chat.presence.all.persons)+len(g.Chat.presence.all.rooms)+len(g.Chat.presence.here) != 0 {
			t.Errorf("there are still %+v", g.Chat.presence.all)
		}
	})
}

// TestNamesOverClocks: of the names that nodes know of someone the newest counts, whatever
// clock it was given by: a new one is later than all before, and of two at once all choose
// the same.
func TestNamesOverClocks(t *testing.T) {
	gather(t, func(g *gathering) {
		ann := g.come("Ann")
		g.ask(ann, EventJoin, JoinRequest{Room: "a"})
		id := personID(strings.Repeat("k", minAuthKey) + "Ann")
		began := time.Now().UnixMilli()
		ahead := began + time.Hour.Milliseconds()
		elsewhere := func(name string, named int64) func() {
			return func() {
				g.PeerPeople("n", map[string]*Standing{id: {Name: name, Named: named, Rooms: []string{"a"}}}, false)
			}
		}
		here := func(name string) func() { return func() { g.ask(ann, EventName, NameRequest{Name: name}) } }
		settle()
		g.crowd.take(EventPresence, "a")
		for _, step := range []struct {
			what string
			do   func()
			want string
		}{
			{"one that is older", elsewhere("Before", began-1), "[]"},
			{"one by a clock that is ahead", elsewhere("Ahead", ahead), "[=Ahead 1]"},
			{"one given here, by a clock that is behind it", here("Anna"), "[=Anna 1]"},
			{"the one before, said late", elsewhere("Ahead", ahead), "[]"},
			{"one at the same time, that comes first", elsewhere("Alma", ahead+1), "[]"},
			{"one at the same time, that comes last", elsewhere("Annie", ahead+1), "[=Annie 1]"},
			{"it is gone there", func() { g.PeerGone("n") }, "[]"},
			{"one given here", here("Ann"), "[=Ann 1]"},
		} {
			step.do()
			settle()
			if got := fmt.Sprint(g.crowd.presence("a")); got != step.want {
				t.Errorf("%s: the room is told %s, want %s", step.what, got, step.want)
			}
		}
		g.peers.mu.Lock()
		if told := g.peers.people[id]; told.Name != "Ann" || told.Named <= ahead+1 {
			t.Errorf("the peers are told %+v, behind %d", told, ahead+1)
		}
		g.peers.mu.Unlock()
		ann.Close()
	})
}

// slowStore stores nothing until it is told to.
type slowStore struct {
	boundedStore
	pending []func()
}

func (s *slowStore) Append(d Draft, done func(Receipt, error)) {
	s.pending = append(s.pending, func() { s.boundedStore.Append(d, done) })
}

// TestUnansweredSends: a connection may have so many messages waiting for their answers,
// and another is not kept from its own.
func TestUnansweredSends(t *testing.T) {
	store := &slowStore{boundedStore: boundedStore{t}}
	gatherWith(t, store, func(g *gathering) {
		ann, ben := g.come("Ann"), g.come("Ben")
		for _, s := range []*Session{ann, ben} {
			g.ask(s, EventJoin, JoinRequest{Room: Lobby})
		}
		refused := ""
		send := func(s *Session, key int) (answered bool) {
			text, _ := json.Marshal(SendRequest{Room: Lobby, Key: fmt.Sprint(key), Text: "x"})
			s.Handle(EventSend, text, func(answer any) {
				answered = true
				if a, is := answer.(Answer); is && a.Error != nil {
					refused = a.Error.Code
				}
			})
			return answered
		}
		for i := range maxSending {
			if send(ann, i) {
				t.Fatalf("message %d was answered: %s", i, refused)
			}
		}
		if !send(ann, maxSending) || refused != "rate_limited" {
			t.Errorf("one too many: %q", refused)
		}
		if send(ben, 0) {
			t.Errorf("another connection's was answered: %s", refused)
		}
		store.pending[0]()
		if send(ann, maxSending+1) {
			t.Errorf("behind an answer: %s", refused)
		}
		for _, s := range []*Session{ann, ben} {
			s.Close()
		}
	})
}
