package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// ErrNoClient means that the server took none of the connections.
var ErrNoClient = errors.New("no connection was made")

// fleet is all connections of a run.
type fleet struct {
	workers []*worker
	opened  atomic.Int64
	refused atomic.Int64
	reasons reasons
}

// newFleet makes a fleet without connections, each of its workers with a
// handler of its own.
func newFleet(cfg Config, newHandler func(w *worker) handler) (*fleet, error) {
	f := &fleet{}
	for range cfg.Loops {
		w := &worker{}
		w.handler = newHandler(w)
		if !cfg.goroutines {
			loop, err := newLoop(w)
			if err != nil {
				f.close()
				return nil, err
			}
			w.loop = loop
		}
		f.workers = append(f.workers, w)
	}
	return f, nil
}

// open makes all connections, and counts those that are refused. It fails
// where none is made, or ctx ends.
func (f *fleet) open(ctx context.Context, cfg Config, targets []*target) error {
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(cfg.Concurrency, cfg.Clients) {
		group.Go(func() {
			for ctx.Err() == nil {
				index := int(next.Add(1)) - 1
				if index >= cfg.Clients {
					return
				}
				if err := f.connect(ctx, cfg.Timeout, targets[index%len(targets)], index); err != nil {
					f.refused.Add(1)
					f.reasons.add(err)
				} else {
					f.opened.Add(1)
				}
			}
		})
	}
	group.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	if f.opened.Load() == 0 {
		return fmt.Errorf("%w: %s", ErrNoClient, f.reasons.first())
	}
	return nil
}

func (f *fleet) connect(ctx context.Context, timeout time.Duration, t *target, index int) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	wire, err := t.connectWebsocket(ctx)
	if err != nil {
		return err
	}
	return f.workers[index%len(f.workers)].adopt(index, wire)
}

// dropped is how many connections the server has ended.
func (f *fleet) dropped() int {
	n := 0
	for _, w := range f.workers {
		n += int(w.dropped.Load())
	}
	return n
}

// clients returns all clients that were made, in order.
func (f *fleet) clients() []*client {
	var all []*client
	for _, w := range f.workers {
		w.mu.Lock()
		all = append(all, w.clients...)
		w.mu.Unlock()
	}
	slices.SortFunc(all, func(a, b *client) int { return a.index - b.index })
	return all
}

// report adds the connections to a result.
func (f *fleet) report(r *Result) {
	r.Open = int(f.opened.Load())
	r.Refused = int(f.refused.Load())
	r.Dropped = f.dropped()
	r.Reasons = map[string]int{}
	f.reasons.addTo(r.Reasons)
	for _, w := range f.workers {
		w.reasons.addTo(r.Reasons)
	}
}

// close ends all connections.
func (f *fleet) close() {
	for _, w := range f.workers {
		w.close()
	}
}
