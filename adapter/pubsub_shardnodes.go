package adapter

import (
	"context"
	"sync"

	"github.com/redis/rueidis"
)

// strangers are the nodes of a Redis Cluster that others have named, and the client does
// not know yet: it learns of them late where a master hangs.
type strangers struct {
	mu      sync.Mutex
	clients map[string]rueidis.Client
	cuts    []func()
	closed  bool
}

// node is the client of one node of the cluster.
func (sh *shards) node(ctx context.Context, addr string) (rueidis.Client, error) {
	if node := sh.s.client.Nodes()[addr]; node != nil {
		return node, nil
	}
	of := &sh.strangers
	of.mu.Lock()
	known := of.clients[addr]
	of.mu.Unlock()
	if known != nil {
		return known, nil
	}
	cfg := sh.s.p.cfg
	client, conns, err := dial(ctx, DialConfig{URL: cfg.URL, Configure: func(o *rueidis.ClientOption) {
		if cfg.Configure != nil {
			cfg.Configure(o)
		}
		o.InitAddress, o.ForceSingleClient = []string{addr}, true
	}})
	if err != nil {
		return nil, err
	}
	of.mu.Lock()
	defer of.mu.Unlock()
	if of.closed {
		conns.closeAll()
		client.Close()
		return nil, errAway
	}
	if of.clients == nil {
		of.clients = map[string]rueidis.Client{}
	}
	if of.clients[addr] == nil {
		of.clients[addr] = client
	}
	of.cuts = append(of.cuts, func() { conns.closeAll(); client.Close() })
	return of.clients[addr], nil
}

// cut ends the connections to all of them.
func (of *strangers) cut() {
	of.mu.Lock()
	of.closed = true
	cuts := of.cuts
	of.mu.Unlock()
	for _, cut := range cuts {
		cut()
	}
}
