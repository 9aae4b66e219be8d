package adapter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	// The wait between two attempts to connect doubles from the first to the
	// last; each is shortened by up to half at random, so that the nodes of a
	// cluster do not come back in step.
	firstBackoff = 20 * time.Millisecond
	lastBackoff  = 500 * time.Millisecond
	// settled is how long a session lasts before another is tried at once
	// after it.
	settled = time.Second
)

// Run connects, and keeps connecting, until ctx ends. Then it refuses new
// messages with [ErrClosed], publishes what waits if Redis is there (for at
// most FlushTimeout) and gives the rest ErrClosed too, delivers all that was
// received, and returns nil with every connection closed. It can be run once;
// a second call returns an error.
func (b *Bridge) Run(ctx context.Context) error {
	if b.started.Swap(true) {
		return errors.New("adapter: Bridge.Run was called before: make a new bridge")
	}
	// Work goes on past ctx until what waits has been flushed.
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var wg sync.WaitGroup
	wg.Go(func() {
		if b.kind == KindRedis {
			b.stayConnected(work)
		} else {
			b.relay(work)
		}
	})
	delivering, stopDelivering := context.WithCancel(context.WithoutCancel(ctx))
	defer stopDelivering()
	var deliverer sync.WaitGroup
	if b.kind == KindRedis {
		deliverer.Go(func() { b.deliverAll(delivering) })
	}

	<-ctx.Done()
	b.queue.close()
	b.flush(work)
	stop()
	wg.Wait()
	for _, m := range b.queue.empty() {
		b.settle(m, ErrClosed)
	}
	stopDelivering()
	deliverer.Wait()
	b.state.down("the bridge is closed")
	return nil
}

// flush waits for the messages that wait while there is a connection for them.
func (b *Bridge) flush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, b.cfg.FlushTimeout)
	defer cancel()
	if connected, _, _ := b.state.get(); connected {
		_ = b.idle.wait(ctx) // what is left is told so
	}
}

// relay is Run's work without a Redis: what is published is delivered here, in
// order, by one goroutine.
func (b *Bridge) relay(ctx context.Context) {
	b.state.up()
	for {
		batch := b.queue.take()
		if len(batch) == 0 {
			select {
			case <-b.queue.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		payloads := make([][]byte, len(batch))
		for i, m := range batch {
			var repaired bool
			if payloads[i], repaired = repairUTF8(string(m.payload)); repaired {
				b.count.repaired.Add(1)
			}
		}
		b.deliver(payloads)
		for _, m := range batch {
			b.settle(m, nil)
		}
	}
}

// stayConnected is Run's work with a Redis: one session after the other.
func (b *Bridge) stayConnected(ctx context.Context) {
	backoff := firstBackoff
	for {
		start, before := time.Now(), b.count.connects.Load()
		err := b.session(ctx)
		if ctx.Err() != nil {
			return
		}
		if b.count.connects.Load() != before {
			b.count.lost.Add(1)
			backoff = firstBackoff
		}
		b.disconnected(err)
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

// connected says so once, and how long it took.
func (b *Bridge) connected() {
	if away := b.state.up(); away > 0 {
		b.log.Info("connected to Redis", slog.Duration("after", away.Round(time.Millisecond)))
	}
}

// disconnected says so once for each reason, and not at every attempt even
// where the reasons alternate.
func (b *Bridge) disconnected(err error) {
	why := reason(err)
	lost := b.state.down(why)
	if lost || why != b.said && b.retrying.now() {
		b.said = why
		b.log.Warn("not connected to Redis, trying on", slog.String("reason", why))
	}
}

// secret keeps the password out of an error from Redis.
func (b *Bridge) secret(err error) error {
	return scrub(err, b.url.option.Password)
}

// session connects, subscribes and publishes until something fails or ctx
// ends.
func (b *Bridge) session(ctx context.Context) error {
	client, conns, err := dial(ctx, DialConfig{URL: b.cfg.URL, Configure: b.cfg.Configure})
	if err != nil {
		return err
	}
	defer client.Close()
	defer conns.closeAll() // first, as Close waits for a Redis that hangs

	master := masterOf(client)
	var watching sync.WaitGroup
	defer watching.Wait()
	live, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	watching.Go(func() {
		if err := keepToMaster(live, client, master); err != nil {
			fail(err)
		}
	})
	sub, err := b.subscribe(ctx, client, conns, fail)
	if err != nil {
		return fmt.Errorf("subscribe: %w", b.secret(err))
	}
	b.count.connects.Add(1)
	b.connected()
	p := &publisher{bridge: b, client: client, conns: conns, timeout: timeoutOf(b.url)}
	err = p.run(live)

	if errors.Is(err, errNobody) {
		// Redis has closed the subscription's connection; what it sent before
		// is still to be read.
		select {
		case <-sub.over:
		case <-time.After(lostGrace):
		}
	}
	// What the reader has read is taken in before the rest counts as lost.
	sub.end(conns)
	for _, m := range b.echo.lost() {
		b.settle(m, fmt.Errorf("%w: %s", ErrUnknown, reason(err)))
	}
	return err
}
