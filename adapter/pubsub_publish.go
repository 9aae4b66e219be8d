package adapter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/redis/rueidis"
)

// keepPublishing publishes what waits, in order, until ctx ends or something fails.
func (s *session) keepPublishing(ctx context.Context, queue *outbox) error {
	for {
		select {
		case <-queue.wake:
		case <-ctx.Done():
			return nil
		}
		err := queue.drain(ctx, func(batch []*publication) error { return s.publish(ctx, queue, batch) })
		if err != nil {
			return fmt.Errorf("publish: %w", err)
		}
	}
}

// publish sends one pipeline. Messages that were not sent, as the connection had ended, go
// back to the queue; those whose outcome is unknown do not.
func (s *session) publish(ctx context.Context, queue *outbox, batch []*publication) error {
	if ended(ctx) {
		queue.putBack(batch)
		return nil // the reason is known
	}
	// What is on its way is waited for past the end of ctx: that the other
	// connection is gone does not mean that this one is.
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	errs := each(limited, s.pub, s.commands(batch))
	cancel()
	var failed error
	unknown := 0
	for i, m := range batch {
		if s.p.done(queue, m, errs[i]) {
			continue
		}
		unknown, failed = unknown+1, errs[i]
	}
	s.p.sayUnknown(unknown)
	if errors.Is(failed, context.DeadlineExceeded) {
		return errNoAnswer
	}
	return failed
}

// done notes what has become of a message: err is why Redis has not taken it. It is false
// where that is not known.
func (p *pubsub) done(queue *outbox, m *publication, err error) (known bool) {
	defer queue.release(m)
	switch {
	case err == nil:
		p.count.published.Add(1)
	case isRedisError(err):
		p.count.unavailable.Add(1)
		p.sayRefused(m.channel, err)
	default:
		p.count.unknown.Add(1)
		return false
	}
	return true
}

// sayUnknown tells of messages that may have arrived.
func (p *pubsub) sayUnknown(messages int) {
	if messages > 0 {
		p.log.Warn("messages for the other nodes were cut off on their way, their outcome is unknown", slog.Int("messages", messages))
	}
}

// commands publish messages.
func (s *session) commands(batch []*publication) []rueidis.Completed {
	commands := make([]rueidis.Completed, len(batch))
	for i, m := range batch {
		if m.shard {
			commands[i] = s.client.B().Spublish().Channel(m.channel).Message(rueidis.BinaryString(m.payload)).Build()
		} else {
			commands[i] = s.client.B().Publish().Channel(m.channel).Message(rueidis.BinaryString(m.payload)).Build()
		}
	}
	return commands
}

// sayRefused tells of a message that Redis did not take, now and then.
func (p *pubsub) sayRefused(channel string, err error) {
	if p.dropping.now() {
		p.log.Warn("Redis refused a message for the other nodes", slog.String("channel", channel), slog.Any("reason", scrub(err, p.url.option.Password)))
	}
}
