package adapter

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

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
	commands []rueidis.Completed // that publish them; pinned, to be sent once more
	places   []int               // of them in the batch
	done     bool                // nothing of it is to be sent in this batch any more
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
// moved until as many have followed as got the slot's last message, or for a while.
func (sh *shards) publish(ctx context.Context, batch []*publication) []error {
	runs := sh.runs(batch)
	for range shardRounds {
		open := slices.DeleteFunc(slices.Clone(runs), func(r *slotRun) bool { return r.done })
		if len(open) == 0 {
			break
		}
		sh.awaitFollowers(ctx, open)
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
	for i, command := range sh.s.commands(batch) {
		slot := command.Slot()
		run := at[slot]
		if run == nil {
			run = &slotRun{slot: slot}
			at[slot] = run
			runs = append(runs, run)
		}
		run.messages, run.places = append(run.messages, batch[i]), append(run.places, i)
		run.commands = append(run.commands, command.Pin())
	}
	return runs
}

// delivery is the last one of a slot: of whose channel, by which master, to how many.
type delivery struct {
	addr      string
	channel   string
	receivers int64
}

// awaitFollowers waits where the slots of runs have moved, up to othersWait for all.
func (sh *shards) awaitFollowers(ctx context.Context, runs []*slotRun) {
	limited, cancel := context.WithTimeout(ctx, othersWait)
	defer cancel()
	for _, run := range runs {
		sh.mu.Lock()
		last, owner := sh.delivered[run.slot], sh.owners[run.slot]
		sh.mu.Unlock()
		if owner == "" || owner == last.addr {
			continue
		}
		for !sh.subscribed(limited, last.channel, last.receivers) {
			select {
			case <-time.After(othersLook):
			case <-limited.Done():
				return
			}
		}
	}
}

// subscribed reports whether at least so many are subscribed to a channel.
func (sh *shards) subscribed(ctx context.Context, channel string, least int64) bool {
	n := int64(0)
	return least == 0 || sh.addCount(ctx, &n, channel) == nil && n >= least
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
			sh.settle(run, addr, 0, dialError{err})
		}
		return
	}
	var commands []rueidis.Completed
	lengths := make([]int, len(runs))
	for i, run := range runs {
		before := len(commands)
		if run.migrates {
			commands = append(commands, run.commands...)
		} else {
			commands = append(commands, node.B().Multi().Build())
			commands = append(commands, run.commands...)
			commands = append(commands, node.B().Exec().Build())
		}
		lengths[i] = len(commands) - before
	}
	results := node.DoMulti(limited, commands...)
	for i, run := range runs {
		receivers, err := outcomeOf(results[:lengths[i]])
		results = results[lengths[i]:]
		sh.settle(run, addr, receivers, err)
	}
}

// outcomeOf is what the answers to one run say: how many have got its last message, or why
// it was not taken.
func outcomeOf(results []rueidis.RedisResult) (receivers int64, err error) {
	for _, result := range results {
		if err := result.Error(); err != nil {
			return 0, err // the first is why the others are
		}
	}
	last := results[len(results)-1]
	if answers, err := last.ToArray(); err == nil { // of a transaction
		return answers[len(answers)-1].AsInt64()
	}
	return last.AsInt64()
}

// settle notes what has become of a run at a node.
func (sh *shards) settle(run *slotRun, addr string, receivers int64, err error) {
	owner, moved := movedTo(err)
	migrates := isAsk(err) && !run.migrates
	run.err, run.done, run.migrates = err, !moved && !migrates, migrates
	switch {
	case err == nil:
		last := run.messages[len(run.messages)-1]
		sh.mu.Lock()
		sh.delivered[run.slot] = delivery{addr, last.channel, receivers}
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
