package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/rueidis"

	"nudge/adapter"
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
	n.Redis = NewRedis(configOf(name, func(ctx context.Context) (rueidis.Client, func(), error) {
		return adapter.DialCut(ctx, adapter.DialConfig{URL: url})
	}))
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

// TestForeignMissed: a node that missed a part of the log does not store what is in it
// once it is the keeper; what comes then it stores.
func TestForeignMissed(t *testing.T) {
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
	redis.Do("XTRIM", one.key("log"), "MAXLEN", "1") // what has room no longer
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

// TestForeignQueue: what the next keeper sends, after what it has seen on the channel
// and in the log.
func TestForeignQueue(t *testing.T) {
	hear := func(texts ...string) func(*foreignQueue) {
		return func(q *foreignQueue) {
			for _, text := range texts {
				q.arrived([]chat.Foreign{{Text: text, Payload: []byte(text)}})
			}
		}
	}
	logged := func(text string) func(*foreignQueue) {
		return func(q *foreignQueue) { q.stored(hashOf([]byte(text))) }
	}
	wait := func(d time.Duration) func(*foreignQueue) { return func(*foreignQueue) { time.Sleep(d) } }
	held := func(by string) func(*foreignQueue) {
		return func(q *foreignQueue) { q.held(by, time.Now()) }
	}
	for what, test := range map[string]struct {
		steps []func(*foreignQueue)
		want  string
	}{
		"nobody stored it":            {[]func(*foreignQueue){hear("a", "b")}, "a b"},
		"one is stored":               {[]func(*foreignQueue){hear("a", "b", "a"), logged("a")}, "b a"},
		"it comes after it is stored": {[]func(*foreignQueue){logged("a"), hear("a", "a")}, "a"},
		"it comes long after":         {[]func(*foreignQueue){logged("a"), wait(earlyFor + 1), hear("a")}, "a"},
		"a gap":                       {[]func(*foreignQueue){hear("a"), (*foreignQueue).doubt, hear("b"), wait(earlyFor), hear("c")}, "c"},
		"a gap of the keeper": {[]func(*foreignQueue){
			hear("a"), (*foreignQueue).doubt, func(q *foreignQueue) { q.begin(true) }, hear("b"),
		}, "b"},
		"seen behind a gap":     {[]func(*foreignQueue){hear("a", "a"), (*foreignQueue).doubt, logged("a"), hear("a")}, ""},
		"another keeps it long": {[]func(*foreignQueue){held("x"), hear("a"), wait(settledAfter + 1), hear("b"), held("x")}, "b"},
		"another keeps it now":  {[]func(*foreignQueue){hear("a"), wait(1), held("x"), wait(settledAfter + 1), held("x")}, "a"},
		"keepers change": {[]func(*foreignQueue){
			held("x"), hear("a"), wait(settledAfter / 2), held("y"), wait(settledAfter), held("y"),
		}, "a"},
		"more than are marked": {[]func(*foreignQueue){func(q *foreignQueue) {
			for i := range mostForeign + 1 {
				q.stored(hashOf([]byte(fmt.Sprint(i))))
			}
		}, hear("0", "1"), wait(earlyFor), hear("new")}, "new"},
	} {
		synctest.Test(t, func(t *testing.T) {
			q := newForeignQueue()
			for _, step := range test.steps {
				step(q)
			}
			var got []string
			for _, f := range q.next(100) {
				got = append(got, f.text)
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("%s: sends %q, want %q", what, got, test.want)
			}
			size := 0
			for _, f := range q.all {
				size += len(f.text)
			}
			if size != q.bytes || len(q.early.order) > mostForeign || len(q.early.count) > len(q.early.order) {
				t.Errorf("%s: %d bytes count as %d; %d marks, %d hashes", what, size, q.bytes, len(q.early.order), len(q.early.count))
			}
		})
	}
}
