package store

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"
	"time"

	"nudge/server/chat"
)

const (
	mostForeign = 10_000
	foreignSize = 32 << 20
	earlyFor    = 10 * time.Second
	// settledAfter is how long a message waits here while one other node keeps the
	// lease: that one has stored it by then, or has noticed that it missed it, and has
	// let the lease go.
	settledAfter = 30 * time.Second
)

// foreignQueue is what was seen on the channel, and not in the log. A message in it
// whose place in the log this node may have missed is in doubt: it is never sent, so
// that none is stored twice. One that no node had stored, of which all that live on
// have such a doubt, is not stored at all.
type foreignQueue struct {
	wake chan struct{}

	mu        sync.Mutex
	all       []*foreign // in the order of their arrival
	bytes     int
	early     earlyMarks
	keeper    bool
	dropped   uint64
	doubtTill time.Time
	holder    string    // the lease's, when it was asked last
	heldSince time.Time // when it was seen first
}

type foreign struct {
	text, hash string
	arrived    time.Time
	sent       bool
	doubtful   bool
}

func newForeignQueue() *foreignQueue {
	return &foreignQueue{wake: make(chan struct{}, 1), early: earlyMarks{count: map[string]int{}}}
}

func (q *foreignQueue) state() (waiting int, keeper bool, dropped uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.all), q.keeper, q.dropped
}

// arrived takes what came on the channel.
func (q *foreignQueue) arrived(messages []chat.Foreign) {
	now := time.Now()
	q.mu.Lock()
	for _, m := range messages {
		hash := hashOf(m.Payload)
		if q.early.take(hash, now) {
			continue
		}
		// While this node is the keeper, no other stores it.
		doubtful := now.Before(q.doubtTill) && !q.keeper
		q.all = append(q.all, &foreign{text: m.Text, hash: hash, arrived: now, doubtful: doubtful})
		q.bytes += len(m.Text)
		for len(q.all) > mostForeign || q.bytes > foreignSize {
			q.remove(0)
			q.dropped++
		}
	}
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// hashOf tells messages of the channel apart.
func hashOf(payload []byte) string {
	sum := sha256.Sum256(payload)
	return hex.EncodeToString(sum[:16])
}

// stored takes that a message is in the log.
func (q *foreignQueue) stored(hash string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.found(hash) && !q.early.add(hash, time.Now()) {
		q.doubtTill = time.Now().Add(earlyFor) // it may still arrive
	}
}

// recall takes that a message was in the log before this node read it.
func (q *foreignQueue) recall(hash string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.found(hash)
}

// found takes out the first message of a hash.
func (q *foreignQueue) found(hash string) bool {
	at := slices.IndexFunc(q.all, func(f *foreign) bool { return f.hash == hash })
	if at >= 0 {
		q.remove(at)
	}
	return at >= 0
}

// doubt takes that a part of the log was missed: what has arrived may be in it, and
// what is still on its way here.
func (q *foreignQueue) doubt() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, f := range q.all {
		f.doubtful = true
	}
	q.doubtTill = time.Now().Add(earlyFor)
}

// held takes who has the lease: what has waited for long enough under it is settled.
func (q *foreignQueue) held(holder string, now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if holder != q.holder {
		q.holder, q.heldSince = holder, now
	}
	for len(q.all) > 0 && now.Sub(q.all[0].arrived) > settledAfter && !q.all[0].arrived.Before(q.heldSince) {
		q.remove(0)
	}
	for len(q.all) > 0 && now.Sub(q.all[0].arrived) > settledAfter && q.all[0].doubtful {
		q.remove(0)
	}
}

func (q *foreignQueue) remove(i int) {
	q.bytes -= len(q.all[i].text)
	if i == 0 {
		q.all[0] = nil // the array lives on
		q.all = q.all[1:]
		return
	}
	q.all = slices.Delete(q.all, i, i+1)
}

// next are the first that have not been sent, which then count as such.
func (q *foreignQueue) next(most int) []*foreign {
	q.mu.Lock()
	defer q.mu.Unlock()
	var found []*foreign
	for _, f := range q.all {
		if len(found) == most {
			break
		}
		if !f.sent && !f.doubtful {
			f.sent = true
			found = append(found, f)
		}
	}
	return found
}

// begin makes this node the keeper, or ends that. What is not in the log then is to
// be sent.
func (q *foreignQueue) begin(keeper bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.keeper = keeper
	if keeper {
		q.holder = ""
	}
	for _, f := range q.all {
		f.sent = false
	}
}

// earlyMarks are the hashes of what was in the log before it came on the channel here,
// for as long as it may still come.
type earlyMarks struct {
	count map[string]int
	order []earlyMark // the oldest first
}

type earlyMark struct {
	hash string
	at   time.Time
}

// add marks a hash; ok is false where it took the place of one that is still waited for.
func (m *earlyMarks) add(hash string, now time.Time) (ok bool) {
	m.expire(now)
	ok = len(m.order) < mostForeign
	if !ok {
		m.drop()
	}
	m.count[hash]++
	m.order = append(m.order, earlyMark{hash, now})
	return ok
}

// take tells whether a hash is marked, and takes one mark of it.
func (m *earlyMarks) take(hash string, now time.Time) bool {
	m.expire(now)
	if m.count[hash] == 0 {
		return false
	}
	at := slices.IndexFunc(m.order, func(mark earlyMark) bool { return mark.hash == hash })
	m.order = slices.Delete(m.order, at, at+1)
	m.release(hash)
	return true
}

func (m *earlyMarks) expire(now time.Time) {
	for len(m.order) > 0 && now.Sub(m.order[0].at) > earlyFor {
		m.drop()
	}
}

func (m *earlyMarks) drop() {
	m.release(m.order[0].hash)
	m.order = m.order[1:]
}

func (m *earlyMarks) release(hash string) {
	if m.count[hash]--; m.count[hash] == 0 {
		delete(m.count, hash)
	}
}
