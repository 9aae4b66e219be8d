package e2e

import (
	"encoding/json"
	"flag"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
)

var chaosFor = flag.Duration("chaos", 10*time.Second, "how long nodes and Redis fail at random under a conversation")

// settledWithin bounds how long after the last fault all is stored that clients of the
// old kind said, who go on for chaosTail. A node is back within 2 s. The lease of one
// that is gone ends in 5 s. One that heard a message alone sees so in 4 s, and is given
// the lease within 2 s.
const (
	settledWithin = 15 * time.Second
	chaosTail     = 5 * time.Second
)

// victim is a server that fails now and then.
type victim struct {
	name    string
	faults  map[string]func()
	recover func() // nil while it is well
	until   time.Time
}

// fail has the victim fail in one of its ways for a while.
func (v *victim) fail(t *testing.T, random *rand.Rand, began time.Time) {
	t.Helper()
	names := make([]string, 0, len(v.faults))
	for name := range v.faults {
		names = append(names, name)
	}
	slices.Sort(names)
	name := names[random.IntN(len(names))]
	away := 100*time.Millisecond + time.Duration(random.Int64N(int64(4*time.Second)))
	t.Logf("%5.1f s: %s %s for %s", time.Since(began).Seconds(), v.name, name, away.Round(time.Millisecond))
	v.faults[name]()
	v.until = time.Now().Add(away)
}

// chaoticNode is a node that is killed or hangs.
func chaoticNode(t *testing.T, name string, s *server, again func() *server) *victim {
	t.Helper()
	v := &victim{name: name}
	v.faults = map[string]func(){
		"is killed": func() {
			_ = s.cmd.Process.Kill()
			<-s.done
			v.recover = func() { s = again() }
		},
		"hangs": func() {
			_ = s.cmd.Process.Signal(syscall.SIGSTOP)
			v.recover = func() { _ = s.cmd.Process.Signal(syscall.SIGCONT) }
		},
	}
	return v
}

// chaoticRedis is a Redis that is killed, ends or hangs.
func chaoticRedis(redis *redistest.Server) *victim {
	v := &victim{name: "Redis"}
	v.faults = map[string]func(){
		"is killed": func() { redis.Kill(); v.recover = redis.Start },
		"ends":      func() { redis.Stop(); v.recover = redis.Start },
		"hangs":     func() { redis.Pause(); v.recover = redis.Resume },
	}
	return v
}

// chaos has victims fail, at times together, until the time is over; then all are well.
func chaos(t *testing.T, lasts time.Duration, victims []*victim) {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	began := time.Now()
	for over := false; !over; time.Sleep(50 * time.Millisecond) {
		over = time.Since(began) > lasts
		for _, v := range victims {
			switch {
			case v.recover != nil && (over || time.Now().After(v.until)):
				v.recover()
				v.recover = nil
			case v.recover == nil && !over && random.IntN(60) == 0: // every 3 s
				v.fail(t, random, began)
			}
		}
	}
}

// TestChatChaos: whatever dies and hangs under a conversation, what was acknowledged is
// shown once, in one same order, to all, and to who comes later; and what clients of
// the old kind say is not shown twice.
func TestChatChaos(t *testing.T) {
	const people, old = 20, 3
	redis := redistest.Start(t, redistest.Durable()...)
	args := []string{"--ping-interval", "1s", "--ping-timeout", "2s", "--history-length", "100000", "--history-bytes", "1GiB"}
	var urls []string
	victims := []*victim{chaoticRedis(redis)}
	for _, name := range []string{"one", "two", "three"} {
		node := startNudgeReady(t, redis.URL(), args...)
		urls = append(urls, node.url)
		victims = append(victims, chaoticNode(t, name, node, func() *server { return startNudgeOn(t, node.port, redis.URL(), args...) }))
	}
	end := startConversation(t, with{"urls": urls, "people": people, "old": old, "pause": 150, "seconds": (*chaosFor + chaosTail).Seconds()})
	chaos(t, *chaosFor, victims)
	well := time.Now()
	var result struct {
		conversation
		Inversions, Count int
		Settled           int64
	}
	end(2*time.Minute, &result)
	settled := time.UnixMilli(result.Settled).Sub(well)
	t.Logf("%d acknowledged, %d shown, %d moves; settled after %s", len(result.Acked), len(result.Shown[0]), result.Moves, settled.Round(time.Millisecond))
	result.check(t)
	if settled > settledWithin {
		t.Errorf("what clients of the old kind said was stored %s after the last fault, want %s at most", settled, settledWithin)
	}
	if len(result.Acked) < people*10 || len(result.Shown) != people+1 {
		t.Errorf("%d were acknowledged to %d people", len(result.Acked), len(result.Shown)-1)
	}
	if result.Inversions != 0 {
		t.Errorf("%d came out of their order", result.Inversions)
	}
	if result.Count != people+1 {
		t.Errorf("%d people are there in the end, want %d", result.Count, people+1)
	}
}

// conversation is what chat.mjs prints.
type conversation struct {
	Acked map[string]string // ids by text
	Shown [][][2]string     // of each person: ids and texts
	Moves int
}

// startConversation runs chat.mjs until it is under way; end waits for what it prints.
func startConversation(t *testing.T, argument with) (end func(within time.Duration, result any)) {
	t.Helper()
	text, err := json.Marshal(argument)
	if err != nil {
		t.Fatal(err)
	}
	stdout := &output{}
	p := start(t, "chat.mjs", driverDir, nil, stdout, nil, "node", "chat.mjs", string(text))
	eventually(t, startWithin, "they are in the middle of it", func() bool {
		return p.ended() || strings.Contains(p.out.String(), "under way\n")
	})
	return func(within time.Duration, result any) {
		t.Helper()
		p.wait(t, within)
		if err := json.Unmarshal([]byte(stdout.String()), result); err != nil {
			t.Fatalf("chat.mjs printed %q: %v", stdout.tail(), err)
		}
	}
}

// check checks that all were shown the same, in the same order, and of what was
// acknowledged each once, as it was acknowledged.
func (c conversation) check(t *testing.T) {
	t.Helper()
	for i, shown := range c.Shown {
		if !reflect.DeepEqual(shown, c.Shown[0]) {
			t.Errorf("p%d was shown %d, p0 %d: they differ in %q", i, len(shown), len(c.Shown[0]), difference(shown, c.Shown[0]))
		}
		times := map[string]int{}
		for _, message := range shown {
			id, text := message[0], message[1]
			if times[text]++; times[text] == 2 {
				t.Errorf("p%d was shown %s twice", i, text)
			}
			if acked, known := c.Acked[text]; known && id != acked {
				t.Errorf("p%d was shown %s as %s, it was acknowledged as %s", i, text, id, acked)
			}
		}
		for text := range c.Acked {
			if times[text] == 0 {
				t.Errorf("p%d was not shown %s", i, text)
			}
		}
	}
}

// difference are the first messages of which only one of two has each.
func difference(a, b [][2]string) (found [][2]string) {
	in := map[[2]string]int{}
	for _, m := range a {
		in[m]++
	}
	for _, m := range b {
		in[m]--
	}
	for m, n := range in {
		if n != 0 && len(found) < 10 {
			found = append(found, m)
		}
	}
	return found
}
