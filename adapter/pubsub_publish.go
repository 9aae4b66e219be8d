package adapter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

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
		var held []*publication // of shards that are away: they are in the queue again
		for {
			batch := sameWay(queue, held)
			if len(batch) == 0 {
				break
			}
			var err error
			if held, err = s.publish(ctx, queue, batch); err != nil {
				return fmt.Errorf("publish: %w", err)
			}
			if len(held) > 0 {
				select {
				case <-time.After(shardRetry):
				case <-ctx.Done():
				}
			}
			if ended(ctx) {
				return nil // what was put back is for the next session
			}
		}
	}
}

// sameWay takes the messages that one pipeline can carry, besides those that it was held
// up with.
func sameWay(queue *outbox, held []*publication) []*publication {
	batch := queue.takeBehind(held)
	for i := range batch {
		if batch[i].shard != batch[0].shard {
			queue.putBack(batch[i:])
			return batch[:i]
		}
	}
	return batch
}

// publish sends one pipeline. Messages that were not sent go back to the queue: as the
// connection had ended, or, in held, as a shard is away. Those whose outcome is unknown
// do not.
func (s *session) publish(ctx context.Context, queue *outbox, batch []*publication) (held []*publication, err error) {
	if ended(ctx) {
		queue.putBack(batch)
		return nil, nil // the reason is known
	}
	// What is on its way is waited for past the end of ctx: that the other
	// connection is gone does not mean that this one is.
	flight := context.WithoutCancel(ctx)
	var errs []error
	if sharded := batch[0].shard && s.shards != nil; sharded {
		errs = s.shards.publish(flight, batch)
	} else {
		limited, cancel := context.WithTimeout(flight, s.timeout)
		errs = each(limited, s.pub, s.commands(batch))
		cancel()
	}
	var failed, why error
	lost := 0
	for i, err := range errs {
		switch {
		case err == nil:
			s.p.count.published.Add(1)
		case isUnsent(err):
			held, why = append(held, batch[i]), err
			continue // it is not done
		case isRedisError(err):
			s.p.count.unavailable.Add(1)
			s.p.sayRefused(batch[i].channel, err)
		default:
			lost++
			failed = err
			s.p.count.unknown.Add(1)
		}
		queue.release(batch[i])
	}
	queue.putBack(held)
	if len(held) > 0 && s.p.dropping.now() {
		s.p.log.Warn("messages for the other nodes wait for a part of the cluster", slog.Int("messages", len(held)), slog.Any("reason", scrub(why, s.p.url.option.Password)))
	}
	if lost > 0 {
		s.p.log.Warn("messages for the other nodes were cut off on their way, their outcome is unknown", slog.Int("messages", lost))
	}
	switch {
	case batch[0].shard && s.shards != nil:
		return held, nil // the masters of other shards may be well
	case errors.Is(failed, context.DeadlineExceeded):
		return nil, errNoAnswer
	}
	return nil, failed
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
