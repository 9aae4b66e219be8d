package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"nudge/server/chat"
)

// Messages that others publish are stored by one node, the keeper, which holds a
// lease. Every node keeps those that it has seen on the channel and not yet in the
// log: the next keeper stores them.
const (
	leaseLength = 5 * time.Second
	leaseTick   = time.Second
	mostForeign = 10_000
	foreignSize = 32 << 20
	earlyFor    = 10 * time.Second
)

var leaseMillis = strconv.FormatInt(leaseLength.Milliseconds(), 10)

// foreignQueue is what was seen on the channel, and not in the log.
type foreignQueue struct {
	wake chan struct{}

	mu      sync.Mutex
	all     []*foreign
	bytes   int
	early   map[string][]time.Time // by hash: seen in the log first, when
	waiting int                    // of early
	keeper  bool
	dropped uint64
}

type foreign struct {
	text, hash string
	sent       bool
}

func newForeignQueue() *foreignQueue {
	return &foreignQueue{wake: make(chan struct{}, 1), early: map[string][]time.Time{}}
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
		sum := sha256.Sum256(m.Payload)
		hash := hex.EncodeToString(sum[:16])
		if q.wasEarly(hash) {
			continue
		}
		q.all = append(q.all, &foreign{text: m.Text, hash: hash})
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

// wasEarly tells whether a message was in the log before it came on the channel here.
func (q *foreignQueue) wasEarly(hash string) bool {
	times := q.early[hash]
	for len(times) > 0 && time.Since(times[0]) > earlyFor {
		times = times[1:]
		q.waiting--
	}
	found := len(times) > 0
	if found {
		times = times[1:]
		q.waiting--
	}
	if len(times) == 0 {
		delete(q.early, hash)
	} else {
		q.early[hash] = times
	}
	return found
}

// stored takes that a message is in the log.
func (q *foreignQueue) stored(hash string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, f := range q.all {
		if f.hash == hash {
			q.remove(i)
			return
		}
	}
	if q.waiting >= mostForeign { // this node missed them on the channel
		clear(q.early)
		q.waiting = 0
	}
	q.early[hash] = append(q.early[hash], time.Now())
	q.waiting++
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
		if !f.sent {
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
	for _, f := range q.all {
		f.sent = false
	}
}

var (
	renewLease = rueidis.NewLuaScript(`return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('PEXPIRE', KEYS[1], ARGV[2])`)
	endLease   = rueidis.NewLuaScript(`return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1])`)
)

// keep is the keeper whenever no other node is.
func (r *Redis) keep(ctx context.Context, client rueidis.Client) error {
	defer r.foreign.begin(false)
	tick := time.NewTicker(leaseTick)
	defer tick.Stop()
	for {
		times, subscribed := r.cfg.Subscribed()
		if subscribed {
			// A token of its own each time: what an earlier one sent late is refused.
			token := rand.Text()
			got, err := r.takeLease(ctx, client, token)
			if err != nil {
				return err
			}
			if got {
				if err := r.keepWith(ctx, client, token, times); err != nil {
					return err
				}
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (r *Redis) takeLease(ctx context.Context, client rueidis.Client, token string) (bool, error) {
	err := client.Do(ctx, client.B().Set().Key(r.key("keeper")).Value(token).Nx().Px(leaseLength).Build()).Error()
	if rueidis.IsRedisNil(err) {
		return false, nil
	}
	return err == nil, err
}

// keepWith stores what others publish while this node has the lease, and is
// subscribed as it was: one that missed messages leaves them to a node that did not.
func (r *Redis) keepWith(ctx context.Context, client rueidis.Client, token string, times uint64) error {
	top, _, err := r.top(ctx, client)
	if err != nil {
		return err
	}
	if err := r.position.reached(ctx, top); err != nil {
		return err
	}
	r.foreign.begin(true)
	defer r.foreign.begin(false)
	tick := time.NewTicker(leaseTick)
	defer tick.Stop()
	renewed := time.Now()
	for {
		more, err := r.storeForeign(ctx, client, token)
		if err != nil {
			return err
		}
		if now, subscribed := r.cfg.Subscribed(); !subscribed || now != times {
			err := endLease.Exec(ctx, client, []string{r.key("keeper")}, []string{token}).Error()
			if rueidis.IsRedisNil(err) { // another has it by now
				return nil
			}
			return err
		}
		if time.Since(renewed) >= leaseTick { // also where there is always more to store
			held, err := renewLease.Exec(ctx, client, []string{r.key("keeper")}, []string{token, leaseMillis}).AsInt64()
			if rueidis.IsRedisNil(err) || err == nil && held == 0 {
				return nil
			}
			if err != nil {
				return err
			}
			renewed = time.Now()
		}
		if more {
			continue
		}
		select {
		case <-r.foreign.wake:
		case <-tick.C:
		case <-ctx.Done():
			ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.farewell())
			defer cancel()
			_ = endLease.Exec(ending, client, []string{r.key("keeper")}, []string{token}).Error()
			return ctx.Err()
		}
	}
}

// storeForeign stores some of what waits; more tells whether there was as much as
// could be stored at once.
func (r *Redis) storeForeign(ctx context.Context, client rueidis.Client, token string) (more bool, err error) {
	batch := r.foreign.next(writeBatch)
	if len(batch) == 0 {
		return false, nil
	}
	calls := make([]call, len(batch))
	for i, f := range batch {
		calls[i] = call{kind: "foreign", mark: token, room: chat.Lobby, message: encode(body{Text: f.text}), hash: f.hash}
	}
	for _, result := range r.call(ctx, client, calls) {
		if result.err != nil {
			return false, result.err // the next session begins at the end of the log
		}
	}
	return len(batch) == writeBatch, nil
}
