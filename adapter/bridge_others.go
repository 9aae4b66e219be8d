package adapter

import (
	"context"
	"time"

	"github.com/redis/rueidis"
)

// count remembers how many are subscribed to the channel, this bridge among them. A node
// of a Redis Cluster knows of its own alone.
func (p *publisher) count(ctx context.Context) {
	if p.client.Mode() == rueidis.ClientModeCluster {
		return
	}
	limited, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	if n, err := p.subscribers(limited); err == nil {
		p.bridge.others.Store(n)
	}
}

func (p *publisher) subscribers(ctx context.Context) (n int64, err error) {
	err = addCount(&n, p.client.Do(ctx, channelCount(p.client, p.bridge.cfg.Channel)))
	return n, err
}

// awaitOthers waits until as many are subscribed as there were before the last session
// ended, or for a while: Redis keeps nothing, so they would miss all that has waited here,
// if this process is back a moment before them.
func (p *publisher) awaitOthers(ctx context.Context) {
	before := p.bridge.others.Load()
	if before < 2 {
		return
	}
	limited, cancel := context.WithTimeout(ctx, othersWait)
	defer cancel()
	for {
		if n, err := p.subscribers(limited); err == nil && n >= before {
			return
		}
		select {
		case <-time.After(othersLook):
		case <-limited.Done():
			return
		}
	}
}
