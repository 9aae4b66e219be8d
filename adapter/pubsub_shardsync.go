package adapter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// rollWait is how long the channels by which nodes are counted wait at most for the others.
// What is on a master that hangs is published to by nobody meanwhile.
const rollWait = time.Second

// allAway is how long a session goes on of which no shard is there. The next one asks anew
// where the cluster is: its nodes may have other addresses.
const allAway = 5 * time.Second

// look has the subscriptions looked at.
func (sh *shards) look() {
	select {
	case sh.wake <- struct{}{}:
	default:
	}
}

// keepSubscribed has the shard channels subscribed to that are wanted, and no others. Each
// master is told on its own, so that one that hangs holds up the channels of no other.
func (sh *shards) keepSubscribed(ctx context.Context) {
	defer sh.jobs.Wait()
	retry := time.NewTimer(0)
	defer retry.Stop()
	var rollsSince, awaySince time.Time
	for {
		select {
		case <-sh.wake:
		case <-retry.C:
		case <-ctx.Done():
			return
		}
		add, remove, telling, all := sh.s.p.shardChanges()
		if len(add)+all == 0 {
			sh.whole()
		}
		switch {
		case len(add)+all == 0 || sh.s.p.hasShards():
			awaySince = time.Time{}
		case awaySince.IsZero():
			awaySince = time.Now()
		case sh.isOpen() && time.Since(awaySince) > allAway:
			sh.s.fail(fmt.Errorf("subscribe: no shard is there: %s", sh.s.p.state.lastError()))
		}
		others, rolls := sh.s.p.rollLast(add)
		switch {
		case len(rolls) == 0:
			rollsSince = time.Time{}
		case rollsSince.IsZero():
			rollsSince = time.Now()
		}
		if len(others)+telling == 0 || len(rolls) > 0 && time.Since(rollsSince) > rollWait {
			others = append(others, rolls...)
		}
		sh.tell(ctx, others, remove)
		if len(add)+len(remove) > 0 {
			retry.Reset(shardRetry)
		}
	}
}

// shardErrand is what one master is to be told.
type shardErrand struct {
	conn   *shardConn // by which to subscribe, nil where there is nothing to
	add    []topic
	remove map[*shardConn][]topic
}

// tell tells all masters that are not being told something already.
func (sh *shards) tell(ctx context.Context, add, remove []topic) {
	errands := map[string]*shardErrand{}
	at := func(addr string) *shardErrand {
		if errands[addr] == nil {
			errands[addr] = &shardErrand{remove: map[*shardConn][]topic{}}
		}
		return errands[addr]
	}
	sh.mu.Lock()
	for _, t := range remove {
		conn := sh.places[t]
		if conn == nil {
			conn = &shardConn{} // it has ended: nobody need be told
		}
		of := at(conn.addr)
		of.remove[conn] = append(of.remove[conn], t)
	}
	var unknown []topic
	connect := map[string]topic{}
	for _, t := range add {
		addr, known := sh.owners[sh.slot(t)]
		if !known {
			unknown = append(unknown, t)
		} else if conn := sh.conns[addr]; conn != nil {
			of := at(addr)
			of.conn, of.add = conn, append(of.add, t)
		} else {
			connect[addr] = t
		}
	}
	sh.mu.Unlock()
	if len(unknown) > 0 {
		sh.do(ctx, anyNode, func() error { return sh.locate(ctx, unknown) })
	}
	for addr, t := range connect {
		if sh.isAwayAt(addr) {
			sh.do(ctx, successor+addr, func() error { return sh.seek(ctx, t) })
		}
		sh.do(ctx, addr, func() error {
			err := sh.connect(ctx, addr)
			sh.setAway(addr, err != nil)
			return err
		})
	}
	for addr, errand := range errands {
		if !sh.telling.begin(addr) {
			continue
		}
		errand.add = sh.s.p.beginTelling(errand.add, true)
		for conn, topics := range errand.remove {
			errand.remove[conn] = sh.s.p.beginTelling(topics, false)
		}
		sh.begun(ctx, addr, func() error { return sh.run(ctx, errand) })
	}
}

// do does an errand, unless there is one already.
func (sh *shards) do(ctx context.Context, to string, errand func() error) {
	if sh.telling.begin(to) {
		sh.begun(ctx, to, errand)
	}
}

// begun does an errand that has begun.
func (sh *shards) begun(ctx context.Context, to string, errand func() error) {
	sh.jobs.Go(func() {
		err := errand()
		sh.telling.end(to, err)
		sh.told(ctx, err)
	})
}

// run does an errand.
func (sh *shards) run(ctx context.Context, errand *shardErrand) error {
	for conn, topics := range errand.remove {
		if conn.client != nil {
			sh.displace(conn, topics...)
			limited, cancel := context.WithTimeout(ctx, sh.s.timeout)
			sh.unsubscribeAt(limited, conn, topics)
			cancel()
		}
		sh.s.p.endTelling(topics)
	}
	var last error
	moved := 0
	for batch := range slices.Chunk(errand.add, topicsAtOnce) {
		left, err := batch, last
		if last == nil {
			left, err = sh.subscribeAt(ctx, errand.conn, batch)
		}
		sh.s.p.unconfirm(left)
		sh.s.p.endTelling(batch)
		moved += len(left)
		last = err
	}
	if len(errand.add) > 0 {
		sh.setAway(errand.conn.addr, last != nil)
	}
	if last == nil && moved == len(errand.add) && moved > 0 {
		last = errMoving
	}
	return last
}

// told is called with the outcome of an errand.
func (sh *shards) told(ctx context.Context, err error) {
	if err != nil && !errors.Is(err, errMoving) && ctx.Err() == nil {
		err = fmt.Errorf("subscribe: %w", err)
		sh.s.p.shardsAway(err)
		sh.mu.Lock()
		sh.failed = err
		sh.mu.Unlock()
	}
	sh.mu.Lock()
	failed := sh.failed
	sh.mu.Unlock()
	if failed != nil && sh.s.p.hasShards() {
		sh.open()
	}
	sh.look()
}

// open has the session go on that waits for the shards.
func (sh *shards) open() {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if !sh.isOpen() {
		close(sh.opened)
	}
}

func (sh *shards) isOpen() bool {
	select {
	case <-sh.opened:
		return true
	default:
		return false
	}
}

// awaitOpen returns when all is subscribed to that can be, with an error where nothing is.
func (sh *shards) awaitOpen(ctx context.Context) error {
	select {
	case <-sh.opened:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(sh.s.timeout):
	}
	if sh.s.p.hasShards() {
		sh.open()
		return nil
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return cmp.Or(sh.failed, fmt.Errorf("subscribe: %w", errNoAnswer))
}

// whole is called when all is subscribed to.
func (sh *shards) whole() {
	sh.s.p.shardsBack()
	sh.open()
}

// setAway notes whether a master was away when it was last told something. It counts as
// away until it can have been asked again.
func (sh *shards) setAway(addr string, away bool) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if away {
		sh.away[addr] = time.Now().Add(sh.s.timeout + time.Second)
	} else {
		delete(sh.away, addr)
	}
}

// stillAway reports whether a master counts as away. The caller holds mu.
func (sh *shards) stillAway(addr string) bool { return time.Now().Before(sh.away[addr]) }

func (sh *shards) isAwayAt(addr string) bool {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.stillAway(addr)
}

// askAgain asks a master that counts as away whether it is there.
func (sh *shards) askAgain(ctx context.Context, addr string) error {
	limited, cancel := context.WithTimeout(ctx, sh.s.timeout)
	defer cancel()
	node, err := sh.node(limited, addr)
	if err == nil {
		err = node.Do(limited, node.B().Ping().Build()).Error()
	}
	sh.setAway(addr, err != nil)
	return err
}

// isAway reports whether the master counts as away that serves a topic.
func (sh *shards) isAway(t topic) bool {
	slot := sh.slot(t)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.stillAway(sh.owners[slot])
}

// hasShards reports whether any shard channel is confirmed.
func (p *pubsub) hasShards() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for t, of := range p.topics {
		if t.kind == topicShard && of.told && of.isConfirmed() {
			return true
		}
	}
	return false
}

// shardChanges are the shard channels to subscribe to and those to end, but for those
// that a master is being told of. Of these it is how many are wanted: without those by
// which nodes are counted, and all.
func (p *pubsub) shardChanges() (add, remove []topic, telling, all int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for t := range p.unsettled {
		of := p.topics[t]
		wanted := of != nil && len(of.all) > 0
		switch {
		case of == nil:
			delete(p.unsettled, t)
		case t.kind != topicShard:
		case of.busy && wanted:
			all++
			if !of.roll {
				telling++
			}
		case of.busy:
		case wanted && !of.told:
			add = append(add, t)
		case !wanted:
			remove = append(remove, t)
		default:
			delete(p.unsettled, t)
		}
	}
	return add, remove, telling, all
}

// beginTelling has it noted that a master is being told of topics, and gives those that
// are to be subscribed to still, or else to be ended.
func (p *pubsub) beginTelling(topics []topic, wanted bool) (still []topic) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range topics {
		of := p.topics[t]
		if of == nil || len(of.all) > 0 != wanted {
			continue
		}
		still = append(still, t)
		of.busy = true
		if wanted {
			of.told = true
		} else {
			of.untold()
		}
	}
	return still
}

// endTelling notes that a master has been told. Topics that nobody wants, and that it does
// not know, are done with.
func (p *pubsub) endTelling(topics []topic) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range topics {
		of := p.topics[t]
		if of == nil {
			continue
		}
		of.busy = false
		if len(of.all) == 0 && !of.told {
			delete(p.topics, t)
		}
	}
}

// shardsAway tells that some shards are not subscribed to, once for each reason.
func (p *pubsub) shardsAway(err error) {
	why := reason(scrub(err, p.url.option.Password))
	if p.state.down(why) || p.dropping.now() {
		p.log.Warn("cut off from a part of the cluster, trying on", slog.String("kind", p.cfg.kind), slog.String("reason", why))
	}
}

// shardsBack tells that all shards are subscribed to.
func (p *pubsub) shardsBack() {
	if away := p.state.up(); away > 0 {
		p.log.Info("joined the cluster by all its shards", slog.String("kind", p.cfg.kind), slog.Duration("after", away.Round(time.Millisecond)))
	}
}
