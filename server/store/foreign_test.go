package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
	"nudge/server/chat"
)

// foreignNode is a store that can be started late and ended early, on its own way to
// Redis.
type foreignNode struct {
	*Redis
	end func()
}

func newForeignNode(t *testing.T, name, url string) (n *foreignNode, start func()) {
	t.Helper()
	n = &foreignNode{end: func() {}}
	n.Redis = NewRedis(configOf(name, dialTo(url)))
	return n, func() {
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { n.Run(ctx, &listener{}) })
		n.end = sync.OnceFunc(func() { cancel(); running.Wait() })
		t.Cleanup(n.end)
	}
}

func (n *foreignNode) hear(texts ...string) {
	for _, text := range texts {
		n.Foreign([]chat.Foreign{{Text: text, Payload: []byte(text)}})
	}
}

func (n *foreignNode) untilKeeper(t *testing.T) {
	t.Helper()
	eventually(t, "it is the keeper", func() bool { return n.State().Keeper })
}

// untilKept waits until the lobby has the texts and no more that are on their way.
func (n *foreignNode) untilKept(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	eventually(t, fmt.Sprintf("%q are kept", want), func() bool {
		page, err := n.Page(t.Context(), chat.Query{Room: chat.Lobby, Last: 100})
		got = nil
		for _, m := range page.Messages {
			got = append(got, m.Text)
		}
		return err == nil && len(got) >= len(want)
	})
	if !slices.Equal(got, want) {
		t.Errorf("kept are %q, want %q", got, want)
	}
}

// storedWithin bounds how long a message of others waits that one node heard alone: it
// sees so for four ticks, the keeper gives way at its next, and it stores at its own.
const storedWithin = 8 * time.Second

// TestForeignMissed: a node that missed a part of the log does not store what is in it
// once it is the keeper; what comes then it stores.
func TestForeignMissed(t *testing.T) {
	for name, lose := range map[string][]string{
		"there was no room for it": {"XTRIM", "{C}:chat:log", "MAXLEN", "1"},
		"it has expired":           {"DEL", "{C}:chat:log"},
	} {
		t.Run(name, func(t *testing.T) { missForeign(t, lose) })
	}
}

func missForeign(t *testing.T, lose []string) {
	t.Helper()
	redis := redistest.Start(t)
	proxy := redistest.StartProxy(t, redis)
	one, startOne := newForeignNode(t, "one", redis.URL())
	two, startTwo := newForeignNode(t, "two", proxy.URL())
	startOne()
	one.untilKeeper(t)
	startTwo()
	eventually(t, "a connection", func() bool { return two.State().Connected })
	one.hear("a")
	two.hear("a")
	one.untilKept(t, "a")
	eventually(t, "both know", func() bool { return one.State().Foreign+two.State().Foreign == 0 })

	proxy.BlackHole()
	eventually(t, "no connection", func() bool { return !two.State().Connected })
	one.hear("b", "b", "c")
	two.hear("b", "b")
	one.untilKept(t, "a", "b", "b", "c")
	redis.Do(lose...)
	proxy.Heal()
	eventually(t, "it sees the gap", func() bool { return two.State().Connected && two.State().Lost > 0 })
	two.hear("c") // late: it is in the log, which two has read
	one.end()
	two.untilKeeper(t)
	two.hear("d")
	two.untilKept(t, "a", "b", "b", "c", "d")
}

// TestForeignBeforeTheLog: what came on the channel before a node read the log is
// stored by it where nobody has stored it, and not else.
func TestForeignBeforeTheLog(t *testing.T) {
	redis := redistest.Start(t)
	one, startOne := newForeignNode(t, "one", redis.URL())
	two, startTwo := newForeignNode(t, "two", redis.URL())
	one.hear("a", "b", "b")
	startOne()
	one.untilKept(t, "a", "b", "b")
	two.hear("b", "b")
	startTwo()
	eventually(t, "a connection", func() bool { return two.State().Connected })
	one.end()
	two.untilKeeper(t)
	two.hear("c")
	two.untilKept(t, "a", "b", "b", "c")
}

// TestForeignHeardByOne: what a node heard and the keeper did not is stored soon, though
// the keeper is well; and what was stored stays stored once.
func TestForeignHeardByOne(t *testing.T) {
	redis := redistest.Start(t)
	one, startOne := newForeignNode(t, "one", redis.URL())
	two, startTwo := newForeignNode(t, "two", redis.URL())
	startOne()
	one.untilKeeper(t)
	startTwo()
	eventually(t, "a connection", func() bool { return two.State().Connected })
	want := []string{"all 0"}
	one.hear("all 0")
	two.hear("all 0")
	one.untilKept(t, want...)
	for i, only := range []*foreignNode{two, one, two} {
		alone, all := fmt.Sprint("alone ", i), fmt.Sprint("all ", i+1)
		began := time.Now()
		only.hear(alone)
		want = append(want, alone)
		only.untilKept(t, want...)
		if took := time.Since(began); took > storedWithin {
			t.Errorf("%q was stored after %s, want %s at most", alone, took, storedWithin)
		}
		one.hear(all)
		two.hear(all)
		want = append(want, all)
		one.untilKept(t, want...)
		eventually(t, "both know", func() bool { return one.State().Foreign+two.State().Foreign == 0 })
	}
}

// TestForeignWhileStarting: what the keeper stored before a node read the log, and what
// reaches that node only then, is not stored again.
func TestForeignWhileStarting(t *testing.T) {
	redis := redistest.Start(t)
	one, startOne := newForeignNode(t, "one", redis.URL())
	two, startTwo := newForeignNode(t, "two", redis.URL())
	startOne()
	one.untilKeeper(t)
	one.hear("a")
	one.untilKept(t, "a")
	startTwo()
	eventually(t, "a connection", func() bool { return two.State().Connected })
	two.hear("a", "b")
	two.untilKept(t, "a", "b")
	eventually(t, "it is let go", func() bool { return two.State().Foreign == 0 })
	two.untilKept(t, "a", "b")
}

// TestForeignQueue: what the next keeper sends, and whether this node asks for the lease,
// after what it has seen on the channel and in the log.
func TestForeignQueue(t *testing.T) {
	hear := func(texts ...string) func(*foreignQueue) {
		return func(q *foreignQueue) {
			for _, text := range texts {
				q.arrived([]chat.Foreign{{Text: text, Payload: []byte(text)}})
			}
		}
	}
	hashes := func(texts []string) (all []string) {
		for _, text := range texts {
			all = append(all, hashOf([]byte(text)))
		}
		return all
	}
	logged := func(texts ...string) func(*foreignQueue) {
		return func(q *foreignQueue) {
			for _, hash := range hashes(texts) {
				q.stored(hash)
			}
		}
	}
	before := func(texts ...string) func(*foreignQueue) {
		return func(q *foreignQueue) { q.recall(hashes(texts)) }
	}
	keeper := func(is bool) func(*foreignQueue) { return func(q *foreignQueue) { q.begin(is) } }
	wait := func(ticks int) func(*foreignQueue) {
		return func(q *foreignQueue) {
			for range ticks {
				q.tick()
			}
		}
	}
	numbered := make([]string, mostForeign+1)
	for i := range numbered {
		numbered[i] = fmt.Sprint(i)
	}
	for what, test := range map[string]struct {
		steps []func(*foreignQueue)
		want  string
		asks  bool
		holds int // besides what is sent
	}{
		"nobody stored it":            {steps: []func(*foreignQueue){hear("a", "b")}, want: "a b"},
		"one is stored":               {steps: []func(*foreignQueue){hear("a", "b", "a"), logged("a")}, want: "b a"},
		"it comes after it is stored": {steps: []func(*foreignQueue){logged("a"), hear("a", "a")}, want: "a"},
		"it comes long after":         {steps: []func(*foreignQueue){logged("a"), wait(earlyFor), hear("a")}, want: "a"},
		"a gap": {steps: []func(*foreignQueue){
			hear("a"), (*foreignQueue).doubt, wait(earlyFor - 1), hear("b"), wait(1), hear("c"),
		}, want: "c", holds: 1},
		"a gap long ago":        {steps: []func(*foreignQueue){hear("a"), (*foreignQueue).doubt, hear("b"), wait(earlyFor)}},
		"a gap of the keeper":   {steps: []func(*foreignQueue){hear("a"), (*foreignQueue).doubt, keeper(true), hear("b")}, want: "b", holds: 1},
		"seen behind a gap":     {steps: []func(*foreignQueue){hear("a", "a"), (*foreignQueue).doubt, logged("a"), hear("a")}, holds: 2},
		"before it read":        {steps: []func(*foreignQueue){hear("a", "b"), before("a", "c")}, want: "b"},
		"still on its way then": {steps: []func(*foreignQueue){before("a"), hear("a", "b")}, want: "b", holds: 1},
		"said again since":      {steps: []func(*foreignQueue){before("a"), wait(pastFor), hear("a")}, want: "a"},
		"more than are marked":  {steps: []func(*foreignQueue){logged(numbered...), hear("0", "1"), wait(earlyFor), hear("new")}, want: "new"},

		"the keeper missed it":    {steps: []func(*foreignQueue){hear("a", "b"), wait(1 + wantAfter)}, want: "a b", asks: true},
		"it missed one of them":   {steps: []func(*foreignQueue){hear("a", "b"), wait(1), logged("b"), wait(wantAfter)}, want: "a", asks: true},
		"the keeper may be late":  {steps: []func(*foreignQueue){hear("a"), wait(wantAfter)}, want: "a"},
		"the keeper is behind":    {steps: []func(*foreignQueue){hear("a", "b"), wait(wantAfter), logged("a"), wait(wantAfter)}, want: "b"},
		"the keeper is new":       {steps: []func(*foreignQueue){hear("a"), wait(2 * wantAfter), keeper(false), wait(wantAfter)}, want: "a"},
		"what is in doubt":        {steps: []func(*foreignQueue){hear("a"), (*foreignQueue).doubt, wait(2 * wantAfter)}, holds: 1},
		"behind what is in doubt": {steps: []func(*foreignQueue){before("a"), hear("a", "b"), wait(1 + wantAfter)}, want: "b", asks: true, holds: 1},
	} {
		t.Run(what, func(t *testing.T) {
			q := newForeignQueue()
			for _, step := range test.steps {
				step(q)
			}
			asks := q.wanting()
			var got []string
			for _, f := range q.next(100) {
				got = append(got, f.text)
			}
			if strings.Join(got, " ") != test.want || asks != test.asks || len(q.all) != len(got)+test.holds {
				t.Errorf("sends %q, want %q; asks %t; holds %d, want %d besides", got, test.want, asks, len(q.all), test.holds)
			}
			size := 0
			for _, f := range q.all {
				size += len(f.text)
			}
			if size != q.bytes || len(q.early.order) > mostForeign || len(q.early.count) > len(q.early.order) {
				t.Errorf("%d bytes count as %d; %d marks, %d hashes", size, q.bytes, len(q.early.order), len(q.early.count))
			}
		})
	}
}
