package store

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/redis/rueidis"

	"nudge/server/chat"
)

// Messages that others publish are stored by one node, the keeper, which holds a
// lease. Every node keeps those that it has seen on the channel and not yet in the
// log: the next keeper stores them. A node with one that the keeper has not heard asks
// it for the lease.

// keep is the keeper whenever no other node is, or the one that is gives way.
func (r *Redis) keep(ctx context.Context, client rueidis.Client) error {
	r.foreign.begin(false)
	defer r.foreign.begin(false)
	l := lease{client: client, key: r.key("keeper"), wanted: r.key("keeper:wanted"), token: rand.Text()}
	tick := time.NewTicker(leaseTick)
	defer tick.Stop()
	for {
		times, subscribed := r.cfg.Subscribed()
		if subscribed {
			got, err := l.take(ctx, r.foreign.wanting())
			if err != nil {
				return err
			}
			if got {
				if err := r.keepWith(ctx, l, times); err != nil {
					return err
				}
				// Another token each time: what was sent late by the last is refused.
				l.token = rand.Text()
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// keepWith stores what others publish while this node has the lease, and is
// subscribed as it was: one that missed messages leaves them to a node that did not.
func (r *Redis) keepWith(ctx context.Context, l lease, times uint64) error {
	top, n, err := r.top(ctx, l.client)
	if err != nil {
		return err
	}
	if err := r.position.reached(ctx, top, n); err != nil {
		return err
	}
	r.foreign.begin(true)
	defer r.foreign.begin(false)
	tick := time.NewTicker(leaseTick)
	defer tick.Stop()
	renewed := time.Now()
	for {
		more, err := r.storeForeign(ctx, l)
		if err != nil {
			return err
		}
		if now, subscribed := r.cfg.Subscribed(); !subscribed || now != times {
			return l.end(ctx)
		}
		if time.Since(renewed) >= leaseTick/2 { // also where there is always more to store
			held, err := l.renew(ctx)
			if err != nil || !held {
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
			_ = l.end(ending)
			return ctx.Err()
		}
	}
}

// storeForeign stores some of what waits; more tells whether there was as much as
// could be stored at once.
func (r *Redis) storeForeign(ctx context.Context, l lease) (more bool, err error) {
	batch := r.foreign.next(writeBatch)
	if len(batch) == 0 {
		return false, nil
	}
	calls := make([]call, len(batch))
	for i, f := range batch {
		calls[i] = call{kind: "foreign", mark: l.token, room: chat.Lobby, message: encode(body{Text: f.text}), hash: f.hash}
	}
	for _, result := range r.call(ctx, l.client, calls) {
		if result.err != nil {
			return false, result.err // the next session begins at the end of the log
		}
	}
	return len(batch) == writeBatch, nil
}
