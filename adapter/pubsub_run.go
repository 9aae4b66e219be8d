package adapter

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"
)

// defaultProbeEvery is the silence after which a subscribed connection is probed.
const defaultProbeEvery = 10 * time.Second

// run connects, and keeps connecting, until ctx ends; then it sends what waits,
// while it is connected, and drops the rest.
func (p *pubsub) run(ctx context.Context, queue *outbox) {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.stayConnected(work, queue)
	}()
	<-ctx.Done()
	queue.close()
	p.flush(queue)
	stop()
	<-done
	for _, m := range queue.empty() {
		queue.release(m)
		p.count.expired.Add(1)
	}
	p.state.down("closed")
}

// flush waits for the messages that wait, unless there is no connection for them.
func (p *pubsub) flush(queue *outbox) {
	p.mu.Lock()
	failed := p.failed
	p.mu.Unlock()
	for deadline := time.After(p.cfg.FlushTimeout); ; {
		if held, _ := queue.size(); held == 0 {
			return
		}
		select {
		case <-time.After(time.Millisecond):
		case <-failed:
			return
		case <-deadline:
			return
		}
	}
}

// stayConnected has one session after the other.
func (p *pubsub) stayConnected(ctx context.Context, queue *outbox) {
	backoff := firstBackoff
	for {
		start := time.Now()
		p.opened = false
		err := p.session(ctx, queue)
		if ctx.Err() == nil {
			p.disconnected(err)
		}
		p.reset(queue)
		if ctx.Err() != nil {
			return
		}
		if p.opened {
			p.count.lost.Add(1)
			backoff = firstBackoff
		}
		if time.Since(start) > settled && backoff == firstBackoff {
			continue // what is published meanwhile is missed
		}
		select {
		case <-time.After(backoff/2 + rand.N(backoff/2)):
		case <-ctx.Done():
			return
		}
		backoff = min(backoff*2, lastBackoff)
	}
}

// connected says so, and how long it took.
func (p *pubsub) connected() {
	p.countConnect()
	if away := p.state.up(); away > 0 {
		p.log.Info("joined the cluster by Redis", slog.String("kind", p.cfg.kind), slog.Duration("after", away.Round(time.Millisecond)))
	}
}

// countConnect notes that a session has been opened.
func (p *pubsub) countConnect() {
	p.opened = true
	p.count.connects.Add(1)
}

// disconnected says so once for each reason.
func (p *pubsub) disconnected(err error) {
	why := reason(scrub(err, p.url.option.Password))
	lost := p.state.down(why)
	if lost || why != p.said && p.dropping.now() {
		p.said = why
		p.log.Warn("cut off from the cluster, trying on", slog.String("kind", p.cfg.kind), slog.String("reason", why))
	}
}

var (
	errProbe      = errors.New("subscription: what is published to it does not come back")
	errNotAllowed = errors.New("subscription: Redis ended it")
)

func ended(ctx context.Context) bool { return ctx.Err() != nil }
