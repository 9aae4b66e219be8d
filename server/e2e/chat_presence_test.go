package e2e

import (
	"slices"
	"syscall"
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
)

// goneWithin is how long those of a node that gives no sign of life are shown.
const goneWithin = 30 * time.Second

// twoPeople are Ann on one node and Ben on another, who see each other in the lobby.
func twoPeople(t *testing.T, redisURL string) (p *puppet, one, two *server) {
	t.Helper()
	one, two = startNudgeReady(t, redisURL), startNudgeReady(t, redisURL)
	p = newPuppet(t)
	p.open(t, "ann", one, chatAuth("Ann"))
	p.open(t, "ben", two, chatAuth("Ben"))
	for _, client := range []string{"ann", "ben"} {
		p.granted(t, client, "chat:join", with{"room": "lobby"})
	}
	p.untilThere(t, "ann", "Ann", "Ben")
	p.untilThere(t, "ben", "Ann", "Ben")
	return p, one, two
}

// untilThere waits until a client, when it asks, is told that just these are in the lobby.
func (p *puppet) untilThere(t *testing.T, client string, names ...string) {
	t.Helper()
	eventually(t, goneWithin, client+" sees who is there", func() bool {
		joined := p.granted(t, client, "chat:join", with{"room": "lobby", "last": 1})
		var there []string
		for _, who := range joined.People {
			there = append(there, who.Name)
		}
		slices.Sort(there)
		return slices.Equal(there, names) && joined.Count == len(names)
	})
}

// leavers are those who left, as a client was told in the order of it.
func (p *puppet) leavers(t *testing.T, client string) (names []string) {
	t.Helper()
	var events [][]presenceEvent
	p.call(t, "received", client, with{"event": "chat:presence"}, &events)
	for _, args := range events {
		for _, who := range args[0].Left {
			names = append(names, who.Name)
		}
	}
	return names
}

// TestChatPeopleOfAHungNode: those of a node that hangs leave in time, and are there
// again once it goes on, whatever they do; to them nobody has left.
func TestChatPeopleOfAHungNode(t *testing.T) {
	p, _, two := twoPeople(t, redistest.Start(t).URL())
	hung := time.Now()
	if err := two.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	p.untilPresence(t, "ann", "Ben", func(e presenceEvent) []chatPerson { return e.Left })
	if took := time.Since(hung); took > goneWithin {
		t.Errorf("he left after %s", took)
	}
	p.untilThere(t, "ann", "Ann")
	if err := two.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	p.untilThere(t, "ann", "Ann", "Ben")
	p.untilThere(t, "ben", "Ann", "Ben")
	if state := p.state(t, "ben"); state.Connects != 1 {
		t.Errorf("he connected %d times", state.Connects)
	}
	if left := p.leavers(t, "ann"); !slices.Equal(left, []string{"Ben"}) {
		t.Errorf("Ann was told that %q left", left)
	}
	if left := p.leavers(t, "ben"); len(left) != 0 {
		t.Errorf("Ben was told that %q left", left)
	}
}

// TestChatPeopleOverARestartOfRedis: a Redis that has forgotten everything is told
// anew who is there, and nobody is shown to leave.
func TestChatPeopleOverARestartOfRedis(t *testing.T) {
	redis := redistest.Start(t)
	p, one, two := twoPeople(t, redis.URL())
	redis.Kill()
	redis.Start()
	for _, node := range []*server{one, two} {
		node.untilReady(t)
	}
	p.untilThere(t, "ann", "Ann", "Ben")
	p.untilThere(t, "ben", "Ann", "Ben")

	// Who comes later learns of both, and both of them; and so with who leaves.
	p.open(t, "cat", startNudgeReady(t, redis.URL()), chatAuth("Cat"))
	p.granted(t, "cat", "chat:join", with{"room": "lobby"})
	for _, client := range []string{"ann", "ben", "cat"} {
		p.untilThere(t, client, "Ann", "Ben", "Cat")
	}
	p.call(t, "close", "ben", nil, nil)
	for _, client := range []string{"ann", "cat"} {
		p.untilPresence(t, client, "Ben", func(e presenceEvent) []chatPerson { return e.Left })
		p.untilThere(t, client, "Ann", "Cat")
		if left := p.leavers(t, client); !slices.Equal(left, []string{"Ben"}) {
			t.Errorf("%s was told that %q left", client, left)
		}
	}
}

// TestChatNamesOnTwoNodes: who has another name has it on every node, for those who are
// there, who come later, and who read what it says; and where it comes back without one.
func TestChatNamesOnTwoNodes(t *testing.T) {
	p, _, two := twoPeople(t, redistest.Start(t).URL())
	id := p.granted(t, "ann", "chat:name", with{"name": "Anna"}).You.ID
	for _, client := range []string{"ann", "ben"} {
		p.untilPresence(t, client, "Anna", func(e presenceEvent) []chatPerson { return e.Changed })
		p.untilThere(t, client, "Anna", "Ben")
		if left := p.leavers(t, client); len(left) != 0 {
			t.Errorf("%s was told that %q left", client, left)
		}
	}
	p.granted(t, "ann", "chat:send", with{"room": "lobby", "key": "k", "text": "hi"})
	for _, client := range []string{"ann", "ben"} {
		if from := p.chatMessages(t, client, 1)[0].From; *from != (chatPerson{id, "Anna"}) {
			t.Errorf("%s is told that %+v says it", client, from)
		}
	}
	nameless := chatAuth("Ann")
	nameless["auth"] = with{"chat": 1, "key": "secret-secret-of-Ann"}
	p.open(t, "ann2", two, nameless)
	var hello [][]struct{ You chatPerson }
	p.call(t, "wait", "ann2", with{"event": "hello"}, &hello)
	if you := hello[0][0].You; you != (chatPerson{id, "Anna"}) {
		t.Errorf("back without a name it is %+v", you)
	}
	p.granted(t, "ann2", "chat:join", with{"room": "lobby"})
	p.granted(t, "ann2", "chat:name", with{"name": "Annie"}) // of the same person, on the other node
	p.untilThere(t, "ann", "Annie", "Ben")
	p.untilThere(t, "ben", "Annie", "Ben")
}

// TestChatTypingOnTwoNodes: those in the room are shown who types, on every node, and
// no others.
func TestChatTypingOnTwoNodes(t *testing.T) {
	p, _, two := twoPeople(t, redistest.Start(t).URL())
	p.open(t, "cat", two, chatAuth("Cat"))
	p.granted(t, "cat", "chat:join", with{"room": "elsewhere"})
	for _, typing := range []bool{true, false} {
		p.granted(t, "ann", "chat:typing", with{"room": "lobby", "typing": typing})
	}
	type typingEvent struct {
		Room   string
		From   chatPerson
		Typing bool
	}
	for _, client := range []string{"ann", "ben"} {
		var events [][]typingEvent
		p.call(t, "wait", client, with{"event": "chat:typing", "count": 2}, &events)
		for i, args := range events {
			if e := args[0]; len(events) != 2 || e.Room != "lobby" || e.From.Name != "Ann" || e.From.ID == "" || e.Typing != (i == 0) {
				t.Errorf("%s is told %+v", client, events)
			}
		}
	}
	// What Cat was told of her own room came behind whatever else there was for her.
	p.granted(t, "ben", "chat:join", with{"room": "elsewhere"})
	p.granted(t, "ben", "chat:typing", with{"room": "elsewhere", "typing": true})
	var events [][]typingEvent
	p.call(t, "wait", "cat", with{"event": "chat:typing"}, &events)
	if len(events) != 1 || events[0][0].Room != "elsewhere" || events[0][0].From.Name != "Ben" {
		t.Errorf("cat is told %+v", events)
	}
}
