package store

import (
	"context"
	"crypto/rand"
	"strconv"
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
)

var leaseMillis = strconv.FormatInt(leaseLength.Milliseconds(), 10)

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

// takeLease takes the lease, unless another node has it.
func (r *Redis) takeLease(ctx context.Context, client rueidis.Client, token string) (bool, error) {
	err := client.Do(ctx, client.B().Set().Key(r.key("keeper")).Value(token).Nx().Px(leaseLength).Build()).Error()
	if !rueidis.IsRedisNil(err) {
		return err == nil, err
	}
	holder, err := client.Do(ctx, client.B().Get().Key(r.key("keeper")).Build()).ToString()
	if rueidis.IsRedisNil(err) {
		return false, nil
	}
	if err == nil {
		r.foreign.held(holder, time.Now())
	}
	return false, err
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
