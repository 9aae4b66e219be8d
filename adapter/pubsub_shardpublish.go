package adapter

import (
	"cmp"
	"context"
	"errors"
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
	err      error
	// migrates is whether its master is handing the slot on, key by key. It takes no
	// transaction then that has to do with a key that it has not, and for one it takes a
	// channel.
	migrates bool
}

// topic is one of its channels.
func (r *slotRun) topic() topic { return topic{topicShard, r.messages[0].channel} }

// publish has each message published by the master that serves its channel, and gives
// the error of each. The messages of a slot keep their order wherever it moves meanwhile:
// a master takes all that a batch has for it, or none. Nothing is sent to where a slot has
// moved until the other nodes have followed, as far as they are counted there.
func (sh *shards) publish(ctx context.Context, batch []*publication) []error {
	runs := sh.runs(batch)
	for range shardRounds {
		open := slices.DeleteFunc(slices.Clone(runs), func(r *slotRun) bool { return r.done })
		if len(open) == 0 {
			break
		}
		if slices.ContainsFunc(open, sh.leads) {
			sh.s.awaitOthers(ctx)
		}
		var sending sync.WaitGroup
		for at, part := range byOwner(sh, open, func(r *slotRun) uint16 { return r.slot }) {
			sending.Go(func() {
				if at.known {
					sh.publishAt(ctx, at.addr, part)
				} else {
					sh.findFor(ctx, at.addr, part)
				}
			})
		}
		sending.Wait()
	}
	errs := make([]error, len(batch))
	for _, run := range runs {
		if !run.done {
			run.err = unsentError{cmp.Or(run.err, errMoving)}
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

// leads reports whether a run is the first that goes where its slot has moved, and by its
// channel the nodes are counted.
func (sh *shards) leads(run *slotRun) bool {
	sh.mu.Lock()
	before, now := sh.takers[run.slot], sh.owners[run.slot]
	sh.mu.Unlock()
	return before != "" && now != "" && before != now &&
		slices.ContainsFunc(run.messages, func(m *publication) bool { return sh.s.p.isRoll(m.channel) })
}

// findFor asks a node for the masters of runs.
func (sh *shards) findFor(ctx context.Context, addr string, runs []*slotRun) {
	topics := make([]topic, len(runs))
	for i, run := range runs {
		topics[i] = run.topic()
	}
	err := sh.locate(ctx, addr, topics)
	for _, run := range runs {
		run.err = err
	}
}

// publishAt sends runs to one node in one pipeline, each as a transaction. Alone, a message
// is taken by a replica as well: one that was the master until a moment ago would take
// what its subscribers, who have left it, do not get, and what comes to those of its new
// master behind what is sent there. A transaction is the master's alone.
func (sh *shards) publishAt(ctx context.Context, addr string, runs []*slotRun) {
	limited, cancel := context.WithTimeout(ctx, sh.s.timeout)
	defer cancel()
	node, err := sh.node(limited, addr, runs[0].topic())
	if err != nil {
		for _, run := range runs {
			sh.settle(run, addr, dialError{err})
		}
		return
	}
	var commands []rueidis.Completed
	lengths := make([]int, len(runs))
	for i, run := range runs {
		before := len(commands)
		if run.migrates {
			commands = append(commands, sh.s.commands(run.messages)...)
		} else {
			commands = append(commands, node.B().Multi().Build())
			commands = append(commands, sh.s.commands(run.messages)...)
			commands = append(commands, node.B().Exec().Build())
		}
		lengths[i] = len(commands) - before
	}
	outcomes := each(limited, node, commands)
	for i, run := range runs {
		sh.settle(run, addr, cmp.Or(outcomes[:lengths[i]]...)) // the first is why the others are
		outcomes = outcomes[lengths[i]:]
	}
}

// settle notes what has become of a run at a node.
func (sh *shards) settle(run *slotRun, addr string, err error) {
	owner, moved := movedTo(err)
	migrates := isAsk(err) && !run.migrates
	run.err, run.done, run.migrates = err, !moved && !migrates, migrates
	switch {
	case err == nil:
		sh.mu.Lock()
		sh.takers[run.slot] = addr
		sh.mu.Unlock()
	case migrates:
	case moved:
		sh.learn(run.slot, owner)
	default:
		sh.forget([]topic{run.topic()})
		if isPassing(err) || isDialError(err) {
			run.err = unsentError{err}
		}
	}
}
