package store

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"nudge/server/chat"
)

// waiting is a message that is not known to be stored.
type waiting struct {
	draft chat.Draft
	done  func(chat.Receipt, error)
	until time.Time
	away  bool  // it is under way to Redis
	sent  bool  // Redis may have stored it
	err   error // why not
}

// queue holds the messages that wait, in order, each for a bounded time. One stays
// in it until its outcome is known.
type queue struct {
	most int
	wait time.Duration
	wake chan struct{}

	mu     sync.Mutex
	all    []*waiting
	closed bool
	idle   chan struct{} // closed when it is closed and empty
}

func newQueue(most int, wait time.Duration) *queue {
	return &queue{most: most, wait: wait, wake: make(chan struct{}, 1), idle: make(chan struct{})}
}

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.all)
}

func (q *queue) put(d chat.Draft, done func(chat.Receipt, error)) {
	q.mu.Lock()
	var err error
	switch {
	case q.closed:
		err = chat.ErrShuttingDown
	case len(q.all) >= q.most:
		err = chat.ErrBusy
	default:
		q.all = append(q.all, &waiting{draft: d, done: done, until: time.Now().Add(q.wait)})
	}
	q.mu.Unlock()
	if err != nil {
		done(chat.Receipt{}, err)
		return
	}
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take is the first of those that wait, which stay in the queue, and are under way
// from now on.
func (q *queue) take(most int) []*waiting {
	q.mu.Lock()
	defer q.mu.Unlock()
	taken := slices.Clone(q.all[:min(most, len(q.all))])
	for _, w := range taken {
		w.away = true
	}
	return taken
}

// settle gives one its outcome, unless it has one.
func (q *queue) settle(w *waiting, r chat.Receipt, err error) {
	q.mu.Lock()
	at := slices.Index(q.all, w)
	if at >= 0 {
		q.all = slices.Delete(q.all, at, at+1)
	}
	q.checkIdle()
	q.mu.Unlock()
	if at >= 0 {
		w.done(r, err)
	}
}

func (q *queue) checkIdle() {
	if !q.closed || len(q.all) > 0 {
		return
	}
	select {
	case <-q.idle:
	default:
		close(q.idle)
	}
}

// sent notes that one may have been stored, noted that it was not.
func (q *queue) sent(w *waiting, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	w.away, w.sent, w.err = false, true, err
}

func (q *queue) noted(w *waiting, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	w.away, w.err = false, err
}

// expire gives up those that have waited for too long, until ctx ends.
func (q *queue) expire(ctx context.Context) {
	tick := time.NewTicker(max(q.wait/100, 10*time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			q.giveUp(func(w *waiting) bool { return now.After(w.until) }, chat.ErrUnavailable)
		case <-ctx.Done():
			return
		}
	}
}

// fail gives up all.
func (q *queue) fail(why error) { q.giveUp(func(*waiting) bool { return true }, why) }

func (q *queue) giveUp(which func(*waiting) bool, why error) {
	q.mu.Lock()
	var given []*waiting
	for _, w := range q.all {
		if which(w) {
			given = append(given, w)
		}
	}
	q.mu.Unlock()
	for _, w := range given {
		q.mu.Lock()
		err := why
		if w.sent || w.away {
			err = chat.ErrUnknown
		}
		if w.err != nil {
			err = fmt.Errorf("%w: %w", err, w.err)
		}
		q.mu.Unlock()
		q.settle(w, chat.Receipt{}, err)
	}
}

// close refuses more.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.checkIdle()
}

// drained waits until all have their outcome, or for a time.
func (q *queue) drained(within time.Duration) {
	select {
	case <-q.idle:
	case <-time.After(within):
	}
}
