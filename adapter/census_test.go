package adapter

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestCensusMissesWhoIsGone for a while, unless it has said goodbye.
func TestCensusMissesWhoIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes := int64(3)
		c := newCensus(func(context.Context) (int64, error) { return nodes, nil })
		counts := func(n, missed int64) {
			t.Helper()
			nodes = n
			if got, gone, err := c.count(t.Context()); got != n || gone != missed || err != nil {
				t.Errorf("%d nodes: %d are there, %d are missed, %v", n, got, gone, err)
			}
		}
		counts(3, 0)
		counts(2, 1)
		time.Sleep(missedFor)
		counts(2, 1)
		counts(3, 0) // it is back
		counts(1, 2)
		time.Sleep(missedFor + 1)
		counts(1, 0) // they are not
		counts(3, 0)
		c.goodbye() // of one that is counted still
		counts(3, 0)
		counts(2, 0)
		counts(1, 1) // another one
		c.goodbye()
		counts(1, 0)
		c.goodbye() // whose end is never seen
		time.Sleep(missedFor + 1)
		counts(0, 1)
	})
}

// TestCensusIsPromptWithWhoIsMissed, for as long as it is.
func TestCensusIsPromptWithWhoIsMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes := int64(3)
		c := newCensus(func(context.Context) (int64, error) { return nodes, nil })
		says := func(want int64) {
			t.Helper()
			if n := c.promptly(); n != want {
				t.Errorf("of %d nodes it says %d, want %d", nodes, n, want)
			}
		}
		says(3)
		nodes = 1
		says(3)
		nodes = 2 // one is back
		says(3)
		time.Sleep(missedFor + 1)
		says(2) // the other is not
		c.goodbye()
		nodes = 1
		says(1)
	})
}

// TestCensusWaitsForWhoIsBackAtOnce, and for who is not as long as it says.
func TestCensusWaitsForWhoIsBackAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, back := time.Now(), 2*comesLook
		c := newCensus(func(context.Context) (int64, error) {
			if time.Since(start) < back {
				return 1, nil
			}
			return 2, nil
		})
		c.note(2)
		if others, missed, err := c.others(t.Context()); others != 1 || missed != 0 || err != nil || time.Since(start) > back {
			t.Errorf("after %s: %d others, %d missed, %v", time.Since(start), others, missed, err)
		}
		start, back = time.Now(), time.Hour
		others, missed, err := c.others(t.Context())
		if took := time.Since(start); others != 0 || missed != 1 || err != nil || took < comesBack || took > comesBack+2*comesLook {
			t.Errorf("after %s: %d others, %d missed, %v", took, others, missed, err)
		}
	})
}

// TestCensusIsPrompt: however long Redis takes, those who cannot wait do once, for a moment.
func TestCensusIsPrompt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := time.Duration(0)
		fails := error(nil)
		nodes := int64(2)
		c := newCensus(func(context.Context) (int64, error) {
			time.Sleep(hangs)
			return nodes, fails
		})
		says := func(want int64, within time.Duration) {
			t.Helper()
			start := time.Now()
			if n, took := c.promptly(), time.Since(start); n != want || took > within {
				t.Errorf("%d nodes after %s, want %d within %s", n, took, want, within)
			}
		}
		fails = errors.New("away")
		says(-1, 0)
		fails = nil
		says(2, 0)
		nodes, hangs = 3, 3*time.Second
		says(2, countPatience)
		for range 100 {
			says(2, 0) // the question is asked already
		}
		time.Sleep(hangs)
		says(3, countPatience)
		time.Sleep(hangs)
	})
}
