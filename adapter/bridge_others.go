package adapter

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/redis/rueidis"
)

// errMoved means that the client publishes to another server than it is subscribed at: a
// sentinel has made that the master. The former one stays a master for up to 10 s, and
// what is published at one of them does not reach who is subscribed at the other.
var errMoved = errors.New("by Sentinel, another server is the master")

// lookAround finds out, now and then, whether the master is still the one that this
// session began with, and how many are subscribed. While nothing can be published those
// on their way back are not taken for gone.
func (p *publisher) lookAround(ctx context.Context) error {
	if p.client.Mode() == rueidis.ClientModeSentinel {
		limited, cancel := context.WithTimeout(ctx, p.timeout)
		defer cancel()
		info, err := p.client.Do(limited, p.client.B().Info().Section("server").Build()).ToString()
		_, id, found := strings.Cut(info, "\r\nrun_id:")
		id, _, _ = strings.Cut(id, "\r\n")
		switch {
		case err != nil || !found: // who may not ask finds out by what does not come back
		case p.server == "":
			p.server = id
		case p.server != id:
			return errMoved
		}
	}
	if !p.doubt {
		p.count(ctx)
	}
	return nil
}

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
	if n, err := p.subscribers(limited); err == nil {
		p.bridge.others.Store(n)
	}
}

func (p *publisher) subscribers(ctx context.Context) (n int64, err error) {
	if p.client.Mode() == rueidis.ClientModeCluster {
		err = addCounts(ctx, &n, p.client.Nodes(), p.bridge.cfg.Channel)
		return n, err
	}
	err = addCount(&n, p.client.Do(ctx, channelCount(p.client, p.bridge.cfg.Channel)))
	return n, err
}

// awaitOthers waits until as many are subscribed as there were before Redis was away, or
// for a while: Redis keeps nothing, so they would miss all that has waited here,
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
