package server

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io/v2/socket"
)

// TestOneStalledReader has one of 1000 websocket clients stop reading: the others
// get what they get as quickly as before, the process does not grow by more than
// the outbox may hold, and the one is closed, and counted.
func TestOneStalledReader(t *testing.T) {
	const (
		readers      = 1000
		alternations = 3
		broadcasts   = 10 // in each round
		outbox       = 2 << 20
	)
	s := start(t, Config{Limits: Limits{MaxOutbox: outbox}}, onConnection(t, func(client *socket.Socket) {
		_ = client.On("stuff me", func(...any) { client.Join("stuffed") })
	}))
	c := newCrowd(s, readers)
	c.measure(broadcasts) // which warms it up
	var without, with []time.Duration
	for round := range alternations {
		without = append(without, c.measure(broadcasts))
		stalled, closed := s.stall(t)
		before := heap()
		with = append(with, c.measure(broadcasts))
		s.stuff(t, func() bool { return s.engine.Stats().SlowConsumers == uint64(round+1) })
		if grown := int64(heap()) - int64(before); grown > 2*outbox {
			t.Errorf("the heap grew by %d bytes, the outbox holds %d", grown, outbox)
		}
		if reason := <-closed; reason != "transport error" {
			t.Errorf("the one that stalls is closed for %q", reason)
		}
		_ = stalled.Conn.Close()
	}
	slices.Sort(without)
	slices.Sort(with)
	quiet, stalling := without[alternations/2], with[alternations/2]
	t.Logf("p99 of %d readers: %s without, %s with one that stalls: %.2f", readers, quiet, stalling, float64(stalling)/float64(quiet))
	// A machine that does much else doubles either of them. One that waits for the
	// stalled client waits for seconds.
	if stalling > 3*quiet+200*time.Millisecond {
		t.Errorf("p99 is %s with a stalled client, %s without", stalling, quiet)
	}
	if got := s.request("GET", "/readyz", "").body; !strings.Contains(got, fmt.Sprintf(`"slow_consumers":%d`, alternations)) {
		t.Errorf("/readyz counts %s", got)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// stall connects a client that reads no more, and stuffs its connection. The
// channel has the reason for its end.
func (s *testServer) stall(t *testing.T) (*client, <-chan string) {
	t.Helper()
	c := s.connect()
	closed := make(chan string, 1)
	c.Send(`42["stuff me"]`)
	var id socket.SocketId
	eventually(t, "stalling client in its room", func() bool {
		for _, each := range s.io.Sockets().Adapter().Sockets(types.NewSet[socket.Room]("stuffed")).Keys() {
			id = each
		}
		return id != ""
	})
	stalled, _ := s.io.Sockets().Sockets().Load(id)
	if stalled == nil {
		t.Fatal("the stalling client is gone already")
	}
	_ = stalled.On("disconnect", func(args ...any) { closed <- args[0].(string) })
	s.stuff(t, func() bool { return !stalled.Conn().Transport().Writable() })
	return c, closed
}

// stuff sends the stalling client more, until there is enough.
func (s *testServer) stuff(t *testing.T, enough func() bool) {
	t.Helper()
	chunk := strings.Repeat("x", 64<<10)
	eventually(t, "end of stuffing", func() bool {
		_ = s.io.To("stuffed").Emit("more", chunk)
		return enough()
	})
}

// crowd is many clients, read by a few goroutines.
type crowd struct {
	s       *testServer
	clients []*client
	sent    int
}

func newCrowd(s *testServer, size int) *crowd {
	s.t.Helper()
	c := &crowd{s: s, clients: make([]*client, size)}
	c.each(func(i int) { c.clients[i] = s.connect() })
	return c
}

const crowdReaders = 8

// each calls f for every client, from a few goroutines.
func (c *crowd) each(f func(i int)) {
	var all sync.WaitGroup
	for first := range crowdReaders {
		all.Go(func() {
			for i := first; i < len(c.clients); i += crowdReaders {
				f(i)
			}
		})
	}
	all.Wait()
}

// measure broadcasts to all, at a measured pace, and returns the 99th percentile
// of the times to arrive.
func (c *crowd) measure(broadcasts int) time.Duration {
	c.s.t.Helper()
	var all []time.Duration
	for range broadcasts {
		c.sent++
		want := fmt.Sprintf(`42["n",%d]`, c.sent)
		start := time.Now()
		_ = c.s.io.Sockets().Emit("n", c.sent)
		took := make([]time.Duration, len(c.clients))
		c.each(func(i int) {
			for {
				got, err := c.clients[i].Next()
				took[i] = time.Since(start)
				if got == "2" && err == nil {
					_ = c.clients[i].TrySend("3")
					continue
				}
				if err != nil || got != want {
					c.s.t.Errorf("client %d got %.100q, %v in place of %s", i, got, err, want)
				}
				return
			}
		})
		all = append(all, took...)
	}
	slices.Sort(all)
	return all[len(all)*99/100]
}
