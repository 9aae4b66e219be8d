package adaptertest

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"nudge/adapter"
)

// tableFile is where the table of failures is written.
var tableFile = flag.String("failure-table", "", "write what the matrix of failures has measured to this `file`, as Markdown")

// recorder is a client that notes each numbered event, when it was emitted and when it
// came.
type recorder struct {
	*cluster
	name string
}

func (c *cluster) record(name, url string) *recorder {
	c.t.Helper()
	c.connect(name, url)
	c.clients.run(`const log = (on.clients[name].log = []);
		on.clients[name].socket.on("n", (n, at) => log.push([n, at, Date.now()]));`, with{"name": name}, nil)
	return &recorder{c, name}
}

// is evaluates a condition on the record, log.
func (r *recorder) is(condition string, args with) (met bool) {
	r.t.Helper()
	args["name"] = r.name
	r.clients.run("const { log } = on.clients[name]; return "+condition, args, &met)
	return met
}

// reach returns when the client has got as many more of the numbers that are emitted from
// now on.
func (r *recorder) reach(n *numbers, more int64) {
	r.t.Helper()
	r.await(fmt.Sprintf("%d more events at the client %s", more, r.name), "log.length > 0 && log.at(-1)[0] >= n", with{"n": n.next.Load() + more})
}

// since returns when the client has got an event that was emitted after a moment.
func (r *recorder) since(moment time.Time) {
	r.t.Helper()
	r.await("an event at the client "+r.name+" since the failure is over", "log.length > 0 && log.at(-1)[1] >= at", with{"at": moment.UnixMilli()})
}

// last returns when the client has got the last event.
func (r *recorder) last(n int) {
	r.t.Helper()
	r.await("the last event at the client "+r.name, "log.length > 0 && log.at(-1)[0] == n", with{"n": n})
}

func (r *recorder) await(what, condition string, args with) {
	r.t.Helper()
	for deadline := time.Now().Add(wholeWithin); !r.is(condition, args); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("no %s in %s", what, wholeWithin)
		}
	}
}

// received is what a client has got of the numbered events.
type received struct {
	got, doubled, disordered int
	// whole is when, after the failure was over, the first event came that was emitted
	// after that.
	whole time.Duration
	// silent is the longest that no event came.
	silent time.Duration
	// slowest is the longest that an event was on its way.
	slowest time.Duration
}

func (r *recorder) result(moment time.Time) received {
	r.t.Helper()
	var log [][3]int64
	r.clients.run("return on.clients[name].log", with{"name": r.name}, &log)
	return receivedOf(log, moment)
}

// receivedOf sums up a record: of each event its number, when it was emitted and when it
// came, in ms since 1970.
func receivedOf(log [][3]int64, moment time.Time) received {
	out := received{whole: -1}
	seen := map[int64]bool{}
	latest, previous := int64(-1), int64(0)
	for _, e := range log {
		n, at, came := e[0], e[1], e[2]
		if previous > 0 {
			out.silent = max(out.silent, time.Duration(came-previous)*time.Millisecond)
		}
		previous = came
		switch {
		case seen[n]:
			out.doubled++
			continue
		case n < latest:
			out.disordered++
		}
		seen[n] = true
		latest = max(latest, n)
		out.slowest = max(out.slowest, time.Duration(came-at)*time.Millisecond)
		if out.whole < 0 && at >= moment.UnixMilli() {
			out.whole = time.Duration(came-moment.UnixMilli()) * time.Millisecond
		}
	}
	out.got = len(seen)
	return out
}

// outcome is what came of a failure.
type outcome struct {
	emitted, lost int
	near, far     received
	actor, other  adapter.ClusterState // what was counted meanwhile
}

// counted is how many messages the node that emits knows to be lost, or not to be sure
// of.
func (o outcome) counted() int {
	return int(o.actor.Refused + o.actor.Expired + o.actor.Unavailable + o.actor.Unknown + o.actor.LostEntries)
}

// cutOff is how often the nodes were cut off, as far as they know.
func (o outcome) cutOff() uint64 {
	return o.actor.Lost + o.other.Lost + o.actor.Gaps + o.other.Gaps + o.actor.Moved + o.other.Moved
}

// since is what was counted between two states.
func since(before, after adapter.ClusterState) adapter.ClusterState {
	after.Refused -= before.Refused
	after.Expired -= before.Expired
	after.Unavailable -= before.Unavailable
	after.Unknown -= before.Unknown
	after.LostEntries -= before.LostEntries
	after.Lost -= before.Lost
	after.Gaps -= before.Gaps
	after.Moved -= before.Moved
	return after
}

// failureTable gathers outcomes.
type failureTable struct {
	mu   sync.Mutex
	rows []string
}

func (f *failureTable) add(deployment, failure, kind string, o outcome) {
	a := o.actor
	row := fmt.Sprintf("| %s: %s | %s | %d | %d | %d expired, %d unknown, %d refused, %d by failover | %d | %d | %d | %s | %s | %s |",
		deployment, failure, kind, o.emitted, o.lost, a.Expired, a.Unknown, a.Refused+a.Unavailable, a.LostEntries,
		o.cutOff(), o.far.doubled, o.far.disordered, o.far.silent, o.far.whole, o.near.slowest)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rows = append(f.rows, row)
}

// print logs the table, and writes it where it is wanted.
func (f *failureTable) print(t *testing.T) {
	t.Helper()
	slices.Sort(f.rows)
	table := "| failure | kind | emitted | lost | counted by the node that emits | cut off | doubled | out of order | silent for | whole after | slowest at the own client |\n" +
		"|---|---|---|---|---|---|---|---|---|---|---|\n" + strings.Join(f.rows, "\n") + "\n"
	t.Logf("failures:\n%s", table)
	if *tableFile == "" {
		return
	}
	if err := os.WriteFile(*tableFile, []byte(table), 0o600); err != nil {
		t.Error(err)
	}
}
