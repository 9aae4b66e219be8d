package adapter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

const (
	// lostGrace is how long the answers to what was sent may still take when
	// the subscription is gone.
	lostGrace = 250 * time.Millisecond
	// retryPause is the wait before messages that were not sent are tried
	// again on the same session.
	retryPause = 50 * time.Millisecond
)

var (
	errNoAnswer = errors.New("publish: Redis does not answer")
	errNoEcho   = errors.New("subscription: what is published does not come back")
	errNobody   = errors.New("subscription: Redis has lost it")
)

// publisher publishes what waits, in order, while a subscription lives.
type publisher struct {
	bridge   *Bridge
	client   rueidis.Client
	conns    *connSet
	timeout  time.Duration // for one pipeline
	ended    uint64        // connections seen to end so far
	doubt    bool          // the last attempt failed, so the connection is probed
	reached  int64         // how many got the last message, as Redis answers
	counting atomic.Bool   // the subscribers are counted
}

// timeoutOf is how long Redis may take to answer.
func timeoutOf(u redisURL) time.Duration {
	return cmp.Or(u.option.ConnWriteTimeout, defaultTimeout)
}

// run publishes until ctx, the subscription's life, ends or Redis cannot be
// relied on; the error says why.
func (p *publisher) run(ctx context.Context) error {
	b := p.bridge
	p.awaitOthers(ctx)
	p.count(ctx)
	counts := time.NewTicker(countEvery)
	defer counts.Stop()
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		wait, err := p.missing()
		if err != nil {
			return err
		}
		select {
		case <-b.queue.wake:
		case <-counts.C:
			if !p.doubt { // those on their way back are not taken for gone
				p.count(ctx)
			}
			continue
		case <-wait:
			continue
		case <-ctx.Done():
			continue
		}
		if err := p.check(ctx); err != nil {
			p.pause(ctx, err)
			continue
		}
		batch := b.queue.take()
		if len(batch) == 0 {
			b.connected() // what it was cut off for has waited for too long
			continue
		}
		if err := p.publish(ctx, batch); err != nil {
			return err
		}
	}
}

// missing returns a channel that ends the wait for work when a message that
// was sent should have come back, or an error when it should have by now.
func (p *publisher) missing() (<-chan time.Time, error) {
	at, waiting := p.bridge.echo.oldest()
	if !waiting {
		return nil, nil
	}
	left := time.Until(at.Add(2 * p.timeout))
	if left <= 0 {
		return nil, errNoEcho
	}
	return time.After(left), nil
}

// check probes the connection when the last one has ended or the last attempt
// failed: a command that makes a connection first cannot tell a failure before
// it was sent from one after.
func (p *publisher) check(ctx context.Context) error {
	ended := p.conns.ended.Load()
	if ended == p.ended && !p.doubt {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	if err := p.client.Do(ctx, probe(p.client, p.bridge.cfg.Channel)).NonRedisError(); err != nil {
		p.doubt = true
		return err
	}
	if p.doubt {
		p.awaitOthers(ctx)
	}
	p.ended, p.doubt = ended, false
	return nil
}

// pause waits before another attempt with what was not sent.
func (p *publisher) pause(ctx context.Context, err error) {
	p.doubt = true
	p.bridge.disconnected(fmt.Errorf("publish: %w", p.bridge.secret(err)))
	p.bridge.queue.signal()
	select {
	case <-time.After(retryPause):
	case <-ctx.Done():
	}
}

// publish sends one pipeline and settles its messages. It returns an error if
// the session cannot go on.
func (p *publisher) publish(ctx context.Context, batch []*publication) error {
	b := p.bridge
	commands := make([]rueidis.Completed, len(batch))
	for i, m := range batch {
		// By key: in a cluster any other form goes to a node at random, and
		// two messages on two connections have no order.
		commands[i] = p.client.B().Arbitrary("PUBLISH").Keys(b.cfg.Channel).Args(rueidis.BinaryString(m.payload)).Build()
	}
	sending, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.timeout)
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(lostGrace, cancel) })()

	b.echo.expect(batch)
	before := p.reached
	outcomes := p.outcomes(sending, p.client.DoMulti(sending, commands...))
	err := p.settle(ctx, batch, outcomes, sending.Err() != nil)
	if err == nil && p.reached != before {
		p.count(ctx) // somebody has come or gone
	}
	return err
}

// settle acts on the outcomes of a pipeline. Messages that were not sent go
// back to the queue if nothing after them was sent, which would then overtake
// them.
func (p *publisher) settle(ctx context.Context, batch []*publication, outcomes []outcome, silent bool) error {
	b := p.bridge
	again := len(batch)
	for again > 0 && outcomes[again-1].kind == notSent {
		again--
		b.echo.withdraw(batch[again])
	}
	var failed error
	nobody, lost := false, 0
	for i, m := range batch[:again] {
		switch o := outcomes[i]; o.kind {
		case sent:
			if b.echo.answered(m) {
				b.settle(m, nil)
			}
		case notSent:
			b.echo.withdraw(m)
			b.settle(m, fmt.Errorf("%w: %w", ErrUnavailable, b.secret(o.err)))
		case unknown:
			lost++
			p.doubt = true
			b.echo.withdraw(m)
			b.settle(m, fmt.Errorf("%w: %s", ErrUnknown, reason(b.secret(o.err))))
		}
	}
	if lost > 0 {
		b.log.Warn("messages were cut off on their way to Redis, their outcome is unknown", slog.Int("messages", lost))
	}
	for _, o := range outcomes[again:] {
		nobody = nobody || errors.Is(o.err, errNobody)
		failed = o.err
	}
	b.queue.putBack(batch[again:])
	switch {
	case nobody:
		return errNobody
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case silent:
		return errNoAnswer
	case failed != nil:
		p.pause(ctx, failed)
	case lost == 0:
		p.doubt = false
		b.connected()
	}
	return nil
}

// outcome is what is known about one message that was to be sent.
type outcome struct {
	kind outcomeKind
	err  error
}

type outcomeKind int

const (
	sent    outcomeKind = iota // Redis took it
	notSent                    // Redis did not, or gave it to nobody
	unknown
)

func (p *publisher) outcomes(ctx context.Context, results []rueidis.RedisResult) []outcome {
	outcomes := make([]outcome, len(results))
	alone := false // whether an answer of 0 means that nobody got it
	asked := false
	for i, result := range results {
		receivers, err := result.AsInt64()
		switch {
		case err == nil && receivers == 0:
			if !asked {
				alone, asked = p.alone(ctx), true
			}
			if alone {
				outcomes[i] = outcome{notSent, errNobody}
			}
		case err == nil:
			p.reached = receivers
		case rueidis.IsParseErr(err), !isRedisError(err) && !isDialError(err):
			outcomes[i] = outcome{unknown, err}
		default:
			outcomes[i] = outcome{notSent, err}
		}
	}
	return outcomes
}

// alone returns whether this Redis has no replicas and no peers, whose
// subscribers its answer to PUBLISH does not count.
func (p *publisher) alone(ctx context.Context) bool {
	if p.client.Mode() != rueidis.ClientModeStandalone {
		return false
	}
	info, err := p.client.Do(ctx, p.client.B().Info().Section("replication").Build()).ToString()
	return err == nil && strings.Contains(info, "\r\nrole:master\r\n") && strings.Contains(info, "\r\nconnected_slaves:0\r\n")
}

func isRedisError(err error) bool {
	_, ok := rueidis.IsRedisErr(err)
	return ok
}
