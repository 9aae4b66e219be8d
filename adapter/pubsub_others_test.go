package adapter

import (
	"fmt"
	"testing"

	"nudge/adapter/adaptertest/redistest"
)

// TestAnotherNamespaceStandsForTheServer: when the one ends that nodes are counted by, they
// are by another, and where none is left, by the next one to come.
func TestAnotherNamespaceStandsForTheServer(t *testing.T) {
	p := newTestPubsub(t, redistest.Start(t).URL())
	var got heard
	join := func(name string) *subscribed {
		s := p.testSubscribe(t, &got, topic{topicChannel, name})
		p.rollCall(s.topics[0])
		return s
	}
	first, second := join("first"), join("second")
	countedBy := func(want string) {
		t.Helper()
		p.mu.Lock()
		by := p.roll
		p.mu.Unlock()
		if by.name != want {
			t.Errorf("nodes are counted by %q, want %q", by.name, want)
		}
	}
	countedBy("first")
	first.end()
	countedBy("second")
	if n := p.countNodes(t.Context()); n != 1 {
		t.Errorf("%d nodes", n)
	}
	second.end()
	countedBy("")
	defer join("third").end()
	countedBy("third")
}

// TestOthersConnectionsAreNotItsOwn: that the stream is connected, which is counted in the
// same place, is no loss of a connection that pub/sub never had.
func TestOthersConnectionsAreNotItsOwn(t *testing.T) {
	p := newTestPubsub(t, fmt.Sprintf("redis://127.0.0.1:%d", redistest.FreePort(t)))
	for range 3 {
		p.mu.Lock()
		failed := p.failed
		p.mu.Unlock()
		for over := false; !over; { // all the time, and so during an attempt, too
			p.count.connects.Add(1)
			select {
			case <-failed:
				over = true
			default:
			}
		}
	}
	if lost := p.count.lost.Load(); lost != 0 {
		t.Errorf("%d connections were lost", lost)
	}
}
