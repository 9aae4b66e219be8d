package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/redis/rueidis"
)

// Abstain has the nodes that keep messages know that this one, on the same channel, keeps
// none and speaks no version 1, until ctx ends: they warn of it. Of cfg it needs Dial,
// Channel and NodeName.
func Abstain(ctx context.Context, cfg RedisConfig) {
	r := NewRedis(cfg)
	for ctx.Err() == nil {
		if err := r.abstain(ctx); ctx.Err() == nil {
			r.cfg.Logger.Debug("the other nodes do not hear that the chat is off here, trying on", "reason", err)
			_ = pause(ctx, lastWait)
		}
	}
}

// abstain is Abstain on one client, until something fails.
func (r *Redis) abstain(ctx context.Context) error {
	client, cut, err := r.cfg.Dial(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	defer cut() // first, as Close waits for a Redis that hangs
	say := func(n notice) error {
		n.Node, n.Terms = r.peers.self, &terms{}
		text, _ := json.Marshal(n) // strings and numbers: it cannot fail
		ctx, done := context.WithTimeout(context.WithoutCancel(ctx), r.farewell())
		defer done()
		return client.Do(ctx, client.B().Publish().Channel(r.key("peers")).Message(rueidis.BinaryString(text)).Build()).Error()
	}
	for err == nil {
		if err = say(notice{}); err == nil {
			err = pause(ctx, peerBeat)
		}
	}
	if ctx.Err() != nil {
		return say(notice{Gone: true})
	}
	return err
}

// pause waits, or returns why it did not.
func pause(ctx context.Context, wait time.Duration) error {
	select {
	case <-time.After(wait):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
