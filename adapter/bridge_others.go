package adapter

import (
	"context"
	"time"

	"github.com/redis/rueidis"
)

// countCommand asks, with what is published, how many are subscribed to the channel, where
// that was not asked for a while. A node of a Redis Cluster knows of its own alone.
func (p *publisher) countCommand() (command rueidis.Completed, due bool) {
	if p.client.Mode() == rueidis.ClientModeCluster || time.Since(p.bridge.others.asked) < countEvery {
		return command, false
	}
	p.bridge.others.asked = time.Now()
	return channelCount(p.client, p.bridge.cfg.Channel), true
}

// subscribers are those of a bridge's channel, itself among them. They belong to its
// publisher.
type subscribers struct {
	n     int64 // 0 where that is not known
	asked time.Time
}

// awaitOthers waits until as many are subscribed as there were before the last session
// ended, or for a while: Redis keeps nothing, so they would miss all that has waited here,
// if this process is back a moment before them.
func (p *publisher) awaitOthers(ctx context.Context) {
	before := p.bridge.others.n
	if before < 2 {
		return
	}
	limited, cancel := context.WithTimeout(ctx, othersWait)
	defer cancel()
	for {
		var n int64
		err := addCount(&n, p.client.Do(limited, channelCount(p.client, p.bridge.cfg.Channel)))
		if err == nil && n >= before {
			return
		}
		select {
		case <-time.After(othersLook):
		case <-limited.Done():
			return
		}
	}
}
