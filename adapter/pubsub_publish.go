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
		for {
			batch := sameWay(queue)
			if len(batch) == 0 {
				break
			}
			if err := s.publish(ctx, queue, batch); err != nil {
				return fmt.Errorf("publish: %w", err)
			}
			if ended(ctx) {
				return nil // what was put back is for the next session
			}
		}
	}
}

// sameWay takes the messages that one pipeline can carry.
func sameWay(queue *outbox) []*publication {
	batch := queue.take()
	for i := range batch {
		if batch[i].shard != batch[0].shard {
			queue.putBack(batch[i:])
			return batch[:i]
		}
	}
	return batch
}

// publish sends one pipeline. Messages that were not sent, as the connection had
// ended, go back to the queue; those whose outcome is unknown do not.
func (s *session) publish(ctx context.Context, queue *outbox, batch []*publication) error {
	if ctx.Err() != nil {
		queue.putBack(batch)
		return nil // the reason is known
	}
	commands := make([]rueidis.Completed, len(batch))
	for i, m := range batch {
		if m.shard {
			commands[i] = s.client.B().Spublish().Channel(m.channel).Message(rueidis.BinaryString(m.payload)).Build()
		} else {
			commands[i] = s.client.B().Publish().Channel(m.channel).Message(rueidis.BinaryString(m.payload)).Build()
		}
	}
	// What is on its way is waited for past the end of ctx: that the other
	// connection is gone does not mean that this one is.
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	var results []rueidis.RedisResult
	if batch[0].shard && s.shards != nil {
		results = s.client.DoMulti(limited, commands...)
	} else {
		results = s.pub.DoMulti(limited, commands...)
	}
	var failed error
	refused := 0
	lost := 0
	for i, result := range results {
		_, err := result.AsInt64()
		switch {
		case err == nil:
			s.p.count.published.Add(1)
		case isRedisError(err):
			refused++
			s.p.count.unavailable.Add(1)
			s.p.sayRefused(batch[i].channel, scrub(err, s.p.url.option.Password))
		default:
			lost++
			failed = err
			s.p.count.unknown.Add(1)
		}
		queue.release(batch[i])
	}
	if lost > 0 {
		s.p.log.Warn("messages for the other nodes were cut off on their way, their outcome is unknown", slog.Int("messages", lost))
	}
	if batch[0].shard && s.shards != nil {
		return nil // the masters of other shards may be well
	}
	if errors.Is(failed, context.DeadlineExceeded) {
		return errNoAnswer
	}
	return failed
}

// sayRefused tells of a message that Redis did not take, now and then.
func (p *pubsub) sayRefused(channel string, err error) {
	if p.dropping.now() {
		p.log.Warn("Redis refused a message for the other nodes", slog.String("channel", channel), slog.Any("reason", err))
	}
}
