package adapter

import (
	"context"

	"github.com/redis/rueidis"
)

// count remembers how many are subscribed to the channel, this bridge among them. In a
// Redis Cluster it does not wait for that: one of the nodes that are asked may hang.
func (p *publisher) count(ctx context.Context) {
	if p.client.Mode() != rueidis.ClientModeCluster {
		p.countNow(ctx)
	} else if p.counting.CompareAndSwap(false, true) {
		go func() {
			defer p.counting.Store(false)
			p.countNow(ctx)
		}()
	}
}

func (p *publisher) countNow(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	if n, err := countSubscribers(limited, p.client, p.bridge.cfg.Channel); err == nil {
		p.bridge.others.Store(n)
	}
}

// awaitOthers waits until as many are subscribed as there were before Redis was away.
func (p *publisher) awaitOthers(ctx context.Context) {
	awaitAsMany(ctx, p.bridge.others.Load(), func(ctx context.Context) int64 {
		n, _ := countSubscribers(ctx, p.client, p.bridge.cfg.Channel) // else it is not known
		return n
	})
}
