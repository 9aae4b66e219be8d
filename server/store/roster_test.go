package store

import (
	"testing"
	"time"

	"nudge/server/chat"
)

// TestRoster follows what a node makes of another, step by step: each takes some ticks,
// and then the other tells something, or nothing.
func TestRoster(t *testing.T) {
	changed := map[string]*chat.Standing{"ann": nil}
	beat := func(seq uint64) *notice { return &notice{Node: "b", Seq: seq} }
	change := func(seq uint64) *notice { return &notice{Node: "b", Seq: seq, People: changed} }
	reset := func(seq uint64) *notice { return &notice{Node: "b", Seq: seq, Reset: true} }
	const goes, reads, leaves, bye = "goes on", "is read anew", "has left", "says goodbye"

	type step struct {
		what  string
		ticks int
		tells *notice
		want  string
	}
	for name, steps := range map[string][]step{
		"beats": {
			{"the first", 1, beat(3), reads},
			{"another", silentFor, beat(3), goes},
			{"another", silentFor, beat(3), goes},
			{"one behind a change that was not heard", 4, beat(4), reads},
			{"one of a node that has begun anew", 4, beat(0), reads},
		},
		"changes": {
			{"the first that is heard", 0, change(7), reads},
			{"the next", 0, change(8), goes},
			{"a beat", 4, beat(8), goes},
			{"the next but one", 0, change(10), reads},
			{"the same again", 0, change(10), reads},
			{"all of it", 0, reset(10), reads},
			{"what follows", 0, change(11), goes},
		},
		"death": {
			{"a beat", 1, beat(1), reads},
			{"nothing, for the longest time", silentFor, nil, ""},
			{"nothing, and too long", 1, nil, leaves},
			{"nothing, ever", 100, nil, ""},
		},
		"return": {
			{"a beat", 1, beat(1), reads},
			{"it hangs", silentFor + 1, nil, leaves},
			{"it goes on", 5, beat(1), reads},
			{"and on", silentFor, change(2), goes},
		},
		"goodbye": {
			{"a beat", 1, beat(1), reads},
			{"it ends", 1, &notice{Node: "b", Seq: 1, Gone: true}, bye},
			{"nothing", silentFor + 1, nil, ""},
			{"it was said late", 0, beat(1), reads},
		},
		"another node": {
			{"a beat", 1, beat(1), reads},
			{"the other's", silentFor, &notice{Node: "c", Seq: 1}, reads},
			{"the other's, and nothing of the first", 1, &notice{Node: "c", Seq: 1}, leaves + ", " + goes},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoster(terms{})
			for i, s := range steps {
				got := ""
				for range s.ticks {
					for _, node := range r.tick() {
						if got += leaves; node != "b" {
							t.Errorf("step %d, %s: %s has left", i, s.what, node)
						}
					}
				}
				if s.tells != nil {
					if got != "" {
						got += ", "
					}
					switch {
					case s.tells.Gone:
						got += bye
						r.forget(s.tells.Node)
					case r.follows(*s.tells):
						got += goes
						r.heard(*s.tells)
					default:
						got += reads
						r.heard(*s.tells)
					}
				}
				if got != s.want {
					t.Errorf("step %d, %s: %q, want %q", i, s.what, got, s.want)
				}
			}
		})
	}
}

// TestRosterCompares: a node with other terms is told of once, and again where they
// change; one that says nothing of them is like all.
func TestRosterCompares(t *testing.T) {
	ours, others := terms{1, 1000, 60_000, 1 << 20}, terms{1, 50, 60_000, 1 << 20}
	r := newRoster(ours)
	for i, step := range []struct {
		node    string
		terms   *terms
		differs bool
		unlike  int
	}{
		{"a", nil, false, 0},
		{"a", &ours, false, 0},
		{"b", &others, true, 1},
		{"b", &others, false, 1},
		{"b", nil, false, 1},
		{"c", &terms{}, true, 2},
		{"b", &terms{2, 50, 60_000, 1 << 20}, true, 2},
		{"c", &ours, false, 1},
	} {
		if differs := r.heard(notice{Node: step.node, Terms: step.terms}); differs != step.differs || r.unlike() != step.unlike {
			t.Errorf("step %d: %t, %d unlike", i, differs, r.unlike())
		}
	}
	if r.forget("b"); r.unlike() != 0 {
		t.Errorf("%d unlike are left", r.unlike())
	}
}

// TestRosterIsInTime: a node's death is seen well within the time that is promised, as a
// room of many is told late; and one beat may be lost, and the next be late.
func TestRosterIsInTime(t *testing.T) {
	const promised, late = 30 * time.Second, 10 * time.Second
	if seen := time.Duration(silentFor+1) * peerTick; seen+late > promised || seen < 3*peerBeat {
		t.Errorf("it is seen after %s", seen)
	}
}
