package adapter

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"
)

// keepProbing has each master say, now and then, how many shard channels it has its
// connection subscribed to. One that has fewer than it has confirmed has forgotten some:
// the connection is made anew, with all of them.
func (sh *shards) keepProbing(ctx context.Context) error {
	return every(ctx, sh.s.p.cfg.probeEvery, func() error {
		for _, conn := range sh.all() {
			if sh.hasForgotten(ctx, conn) {
				conn.client.Close()
			}
		}
		return nil
	})
}

// all are the connections that there are now.
func (sh *shards) all() []*shardConn {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return slices.Collect(maps.Values(sh.conns))
}

// hasForgotten reports whether a master has forgotten subscriptions. It asks twice, as
// some may have ended while it did.
func (sh *shards) hasForgotten(ctx context.Context, conn *shardConn) bool {
	for range 2 {
		confirmed := sh.s.p.confirmedOf(sh.placedAt(conn))
		if has, known := sh.subscribedAt(ctx, conn); !known || has >= confirmed {
			return false
		}
	}
	return true
}

var shardSubscriptions = regexp.MustCompile(` ssub=(\d+) `)

// subscribedAt is how many a master says there are. Some say nothing of it, or may not be
// asked; one that does not answer is found out by the client, which pings it.
func (sh *shards) subscribedAt(ctx context.Context, conn *shardConn) (n int, known bool) {
	limited, cancel := context.WithTimeout(ctx, sh.s.timeout)
	defer cancel()
	info, err := conn.client.Do(limited, conn.client.B().ClientInfo().Build()).ToString()
	if err != nil {
		return 0, false
	}
	found := shardSubscriptions.FindStringSubmatch(info)
	if found == nil {
		return 0, false
	}
	n, err = strconv.Atoi(found[1])
	return n, err == nil
}
