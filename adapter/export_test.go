package adapter

import (
	"context"
	"testing"

	"github.com/zishang520/socket.io/v2/socket"
)

// Gone is how many sockets a local adapter knows to be gone.
func Gone(a socket.Adapter) int {
	l := a.(*local)
	l.mu.RLock()
	defer l.mu.RUnlock()
	return len(l.gone)
}

// Waiting is how many tasks wait in the lane of a streams adapter, behind the one that
// runs.
func Waiting(a socket.Adapter) int {
	l := a.(*streams).lane
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.queue.len()
}

// ReleaseFirst has a streams adapter deliver the first of its own broadcasts that it waits
// for, as it does when that takes too long.
func ReleaseFirst(a socket.Adapter) {
	r := a.(*streams).recovery
	r.mu.Lock()
	defer r.mu.Unlock()
	r.release(r.own[:1])
	r.flush()
}

// Awaited is how many of its own broadcasts a streams adapter waits for.
func Awaited(a socket.Adapter) int {
	r := a.(*streams).recovery
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.own)
}

// Others is how many subscribers of its channel a bridge has counted last.
func Others(b *Bridge) int64 { return b.others.Load() }

// Counted is how many nodes Redis counts now, without those that are missed; -1 where it
// does not say.
func Counted(a socket.Adapter) int64 {
	n, _, err := a.(clusterAdapter).census().count(context.Background())
	if err != nil {
		return -1
	}
	return n
}

// Resume has a restored socket of a streams adapter go on that was given all up to the first
// of two entries, when the second has been handled.
func Resume(a socket.Adapter, id socket.SocketId) {
	r := a.(*streams).recovery
	r.s.lane.always(func() {
		r.handled = "2-0"
		r.resume(id, "1-0")
	})
}

// PrivateID is what the client of a socket comes back by.
var PrivateID = privateID

// GoldenCommand is a command that a Node server was seen to give to Redis.
type GoldenCommand struct {
	Suite, Label, Name string
	Args               []string
}

// GoldenCommands are all of them.
func GoldenCommands(t testing.TB) []GoldenCommand {
	t.Helper()
	captured := goldenCommands(t)
	all := make([]GoldenCommand, len(captured))
	for i, c := range captured {
		all[i] = GoldenCommand{Suite: c.Suite, Label: c.Label, Name: c.Cmd}
		for _, arg := range c.Args {
			all[i].Args = append(all[i].Args, argumentText(t, arg))
		}
	}
	return all
}
