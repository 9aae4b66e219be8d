package store

import (
	"context"
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

	// The queue counts time in ticks of a second in which this process ran: while it
	// hangs, what is on its way to it grows no older.
	foreignTick = time.Second
	earlyFor    = 10 // from a message's place in the log to its arrival on the channel
	pastFor     = 3  // as that, where the message was in the log before this node read it
	wantAfter   = 3  // the first message waits for so long: the keeper did not hear it
)

// foreignQueue is what was seen on the channel, and not in the log. A message in it
// whose place in the log this node may have missed is in doubt: it is never sent, so
// that none is stored twice. One that no node had stored, of which all that live on
// have such a doubt, is not stored at all.
type foreignQueue struct {
	wake chan struct{}

	mu        sync.Mutex
	now       int        // ticks
	all       []*foreign // in the order of their arrival
	bytes     int
	early     earlyMarks
	keeper    bool
	dropped   uint64
	doubtTill int
	past      map[string]bool // hashes of what was in the log before this node read it
	pastTill  int
	first     *foreign // of what can be sent
	firstFor  int      // ticks
}

type foreign struct {
	text, hash string
	sent       bool
	doubtful   bool
	doubted    int // since when
}

func newForeignQueue() *foreignQueue {
	return &foreignQueue{wake: make(chan struct{}, 1), early: earlyMarks{count: map[string]int{}}}
}

// run counts the ticks until ctx ends.
func (q *foreignQueue) run(ctx context.Context) {
	tick := time.NewTicker(foreignTick)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			q.tick()
		case <-ctx.Done():
			return
		}
	}
}

// tick lets go what was in doubt for too long, and sees whether the first of the others
// still waits.
func (q *foreignQueue) tick() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.now++
	for i := len(q.all) - 1; i >= 0; i-- {
		if q.all[i].doubtful && q.now-q.all[i].doubted >= earlyFor {
			q.remove(i)
		}
	}
	if q.now >= q.pastTill {
		q.past = nil
	}
	var first *foreign
	if at := slices.IndexFunc(q.all, func(f *foreign) bool { return !f.doubtful }); at >= 0 {
		first = q.all[at]
	}
	if first == nil || first != q.first {
		q.first, q.firstFor = first, 0
		return
	}
	q.firstFor++
}

// wanting tells whether this node has what the keeper has not heard. One that is behind
// stores the first before the others.
func (q *foreignQueue) wanting() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.firstFor >= wantAfter
}

func (q *foreignQueue) state() (waiting int, keeper bool, dropped uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.all), q.keeper, q.dropped
}

// arrived takes what came on the channel.
func (q *foreignQueue) arrived(messages []chat.Foreign) {
	q.mu.Lock()
	for _, m := range messages {
		hash := hashOf(m.Payload)
		if q.early.take(hash, q.now) {
			continue
		}
		// While this node is the keeper, no other stores it.
		doubtful := !q.keeper && (q.now < q.doubtTill || q.past[hash])
		q.all = append(q.all, &foreign{text: m.Text, hash: hash, doubtful: doubtful, doubted: q.now})
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
	if !q.found(hash) && !q.early.add(hash, q.now) {
		q.doubtTill = q.now + earlyFor // it may still arrive
	}
}

// recall takes which messages were in the log before this node read it: the newest may
// still arrive.
func (q *foreignQueue) recall(hashes []string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.past, q.pastTill = map[string]bool{}, q.now+pastFor
	for _, hash := range hashes {
		if !q.found(hash) {
			q.past[hash] = true
		}
	}
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
		if !f.doubtful {
			f.doubtful, f.doubted = true, q.now
		}
	}
	q.doubtTill = q.now + earlyFor
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
	q.first, q.firstFor = nil, 0
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
	at   int
}

// add marks a hash; ok is false where it took the place of one that is still waited for.
func (m *earlyMarks) add(hash string, now int) (ok bool) {
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
func (m *earlyMarks) take(hash string, now int) bool {
	m.expire(now)
	if m.count[hash] == 0 {
		return false
	}
	at := slices.IndexFunc(m.order, func(mark earlyMark) bool { return mark.hash == hash })
	m.order = slices.Delete(m.order, at, at+1)
	m.release(hash)
	return true
}

func (m *earlyMarks) expire(now int) {
	for len(m.order) > 0 && now-m.order[0].at >= earlyFor {
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
