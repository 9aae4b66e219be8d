package adapter

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/redis/rueidis"
)

// unsentError is why a message was not sent: it can be, later.
type unsentError struct{ error }

func (e unsentError) Unwrap() error { return e.error }

func isUnsent(err error) bool {
	var u unsentError
	return errors.As(err, &u)
}

// slotRun is the messages of a batch whose channels are in one slot, in their order.
type slotRun struct {
	slot     uint16
	messages []*publication
	places   []int // of them in the batch
	done     bool  // nothing of it is to be sent in this batch any more
	moved    bool  // the slot is another master's than was thought
	err      error
}

// publish has each message published by the master that serves its channel, and gives
// the error of each. The messages of a slot keep their order wherever it moves meanwhile:
// a master takes all that a batch has for it, or none.
func (sh *shards) publish(ctx context.Context, batch []*publication) []error {
	runs := sh.runs(batch)
	for range shardRounds {
		parts := sh.partsOf(runs)
		if len(parts) == 0 {
			break
		}
		var sending sync.WaitGroup
		for addr, part := range parts {
			sending.Go(func() { sh.publishAt(ctx, addr, part) })
		}
		sending.Wait()
		if slices.ContainsFunc(runs, func(r *slotRun) bool { return r.moved && sh.s.p.isRoll(r.messages[0].channel) }) {
			sh.s.awaitOthers(ctx)
		}
	}
	errs := make([]error, len(batch))
	for _, run := range runs {
		if !run.done {
			run.err = unsentError{run.err} // the slot moves on and on
		}
		for _, i := range run.places {
			errs[i] = run.err
		}
	}
	return errs
}

// runs sorts a batch by slots.
func (sh *shards) runs(batch []*publication) []*slotRun {
	var runs []*slotRun
	at := map[uint16]*slotRun{}
	for i, m := range batch {
		slot := sh.slot(topic{topicShard, m.channel})
		run := at[slot]
		if run == nil {
			run = &slotRun{slot: slot}
			at[slot] = run
			runs = append(runs, run)
		}
		run.messages, run.places = append(run.messages, m), append(run.places, i)
	}
	return runs
}

// partsOf sorts those runs that are not done by the node to send to. For a slot whose
// master is not known that is any, which will tell.
func (sh *shards) partsOf(runs []*slotRun) map[string][]*slotRun {
	nodes := slices.Sorted(maps.Keys(sh.s.client.Nodes()))
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.turn++ // past a node that is away
	parts := map[string][]*slotRun{}
	for i, run := range runs {
		if run.done {
			continue
		}
		addr, known := sh.owners[run.slot]
		if !known && len(nodes) > 0 {
			addr = nodes[(i+sh.turn)%len(nodes)]
		}
		parts[addr] = append(parts[addr], run)
	}
	return parts
}

// publishAt sends runs to one node in one pipeline, each as a transaction. Alone, a message
// is taken by a replica as well: one that was the master until a moment ago would take
// what its subscribers, who have left it, do not get, and what comes to those of its new
// master behind what is sent there. A transaction is the master's alone.
func (sh *shards) publishAt(ctx context.Context, addr string, runs []*slotRun) {
	limited, cancel := context.WithTimeout(ctx, sh.s.timeout)
	defer cancel()
	node, err := sh.node(limited, addr, topic{topicShard, runs[0].messages[0].channel})
	if err != nil {
		for _, run := range runs {
			sh.settle(run, dialError{err})
		}
		return
	}
	var commands []rueidis.Completed
	for _, run := range runs {
		commands = append(commands, node.B().Multi().Build())
		commands = append(commands, sh.s.commands(run.messages)...)
		commands = append(commands, node.B().Exec().Build())
	}
	outcomes := each(limited, node, commands)
	for _, run := range runs {
		n := 1 + len(run.messages) + 1
		sh.settle(run, cmp.Or(outcomes[:n]...)) // the first is why the others are
		outcomes = outcomes[n:]
	}
}

// settle notes what has become of a run.
func (sh *shards) settle(run *slotRun, err error) {
	owner, moved := movedTo(err)
	run.err, run.moved, run.done = err, moved, !moved
	if err == nil {
		return
	}
	sh.forgetSlot(run.slot)
	switch {
	case moved:
		sh.learn(run.slot, owner)
	case isPassing(err) || isDialError(err):
		run.err = unsentError{err}
	}
}

func (sh *shards) forgetSlot(slot uint16) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	delete(sh.owners, slot)
}
