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
