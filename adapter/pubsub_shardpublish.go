package adapter

import (
	"context"

	"github.com/redis/rueidis"
)

// flight is what goes to one master in one pipeline.
type flight struct {
	addr     string
	may      bool // whether it may leave
	runs     []slotRun
	messages int
	bytes    int
}

// slotRun is the first messages of one slot.
type slotRun struct {
	of       *slotQueue
	messages []shardMessage
}

// take takes the first messages of a slot, as far as there is room for them, and reports
// whether that is all of them.
func (f *flight) take(q *slotQueue) (all bool) {
	run := slotRun{of: q}
	for q.waiting.len() > 0 {
		size := len(q.waiting.front().payload)
		if f.messages == batchLen || f.messages > 0 && f.bytes+size > batchBytes {
			break
		}
		f.messages++
		f.bytes += size
		run.messages = append(run.messages, q.waiting.pop())
	}
	if len(run.messages) > 0 {
		q.busy = true
		f.runs = append(f.runs, run)
	}
	return q.waiting.len() == 0
}

// fly sends a flight, each slot's messages as a transaction. Alone, a message
// is taken by a replica as well: one that was the master until a moment ago would take
// what its subscribers, who have left it, do not get, and what comes to those of its new
// master behind what is sent there. A transaction is the master's alone: it takes all
// messages, or none.
func (p *shardSender) fly(ctx context.Context, f *flight) error {
	results, err := p.results(ctx, f)
	p.mu.Lock()
	defer p.mu.Unlock()
	var failed error
	held, unknown, moved := 0, 0, 0
	for i, run := range f.runs {
		receivers, err := int64(0), err
		if err == nil {
			receivers, err = outcomeOf(results[i])
			if err != nil && run.of.migrates {
				run = p.withoutTaken(run, results[i])
			}
		}
		run.of.busy = false
		switch again, why := p.sh.settle(run, f.addr, receivers, err); {
		case again:
			run.of.waiting.pushFront(run.messages)
			if why == nil {
				moved++
				continue
			}
			held, failed = held+len(run.messages), why
		default:
			for _, m := range run.messages {
				if !p.sh.s.p.done(p.queue, m.publication, err) {
					unknown, failed = unknown+1, err
				}
			}
		}
	}
	p.sh.setAway(f.addr, failed != nil && !isRedisError(failed))
	p.sayHeld(held, failed)
	p.sh.s.p.sayUnknown(unknown)
	if failed == nil && moved == len(f.runs) {
		return errMoving
	}
	return failed
}

// withoutTaken is what is left of a run that was no transaction and has failed: the slot may
// have gone on to another master behind the first of its messages.
func (p *shardSender) withoutTaken(run slotRun, results []rueidis.RedisResult) slotRun {
	taken := 0
	for taken < len(results)-1 && results[taken].Error() == nil {
		p.sh.s.p.done(p.queue, run.messages[taken].publication, nil)
		taken++
	}
	run.messages = run.messages[taken:]
	return run
}

// results are the answers to a flight, by its runs. What is on its way is waited for past
// the end of ctx.
func (p *shardSender) results(ctx context.Context, f *flight) ([][]rueidis.RedisResult, error) {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.sh.s.timeout)
	defer cancel()
	node, err := p.sh.node(limited, f.addr)
	if err != nil {
		return nil, dialError{err}
	}
	var commands []rueidis.Completed
	ends := make([]int, len(f.runs))
	for i, run := range f.runs {
		if !run.of.migrates {
			commands = append(commands, node.B().Multi().Build())
		}
		for _, m := range run.messages {
			commands = append(commands, m.command)
		}
		if !run.of.migrates {
			commands = append(commands, node.B().Exec().Build())
		}
		ends[i] = len(commands)
	}
	all := node.DoMulti(limited, commands...)
	results := make([][]rueidis.RedisResult, len(f.runs))
	begin := 0
	for i, end := range ends {
		results[i] = all[begin:end]
		begin = end
	}
	return results, nil
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

// settle notes what has become of a run at a master, and reports whether it is to be sent
// again, and why if not for another master, or in another way.
func (sh *shards) settle(run slotRun, addr string, receivers int64, err error) (again bool, why error) {
	last := run.messages[len(run.messages)-1]
	owner, moved := movedTo(err)
	migrates := isAsk(err) && !run.of.migrates
	run.of.migrates = migrates
	switch {
	case err == nil:
		sh.mu.Lock()
		sh.delivered[run.of.slot] = delivery{addr, last.channel, receivers}
		run.of.following = following{}
		sh.mu.Unlock()
		return false, nil
	case migrates:
		return true, nil
	case moved:
		sh.learn(run.of.slot, owner)
		return true, nil
	}
	sh.forget([]topic{{topicShard, last.channel}})
	return isPassing(err) || isDialError(err), err
}

// delivery is the last one of a slot: of whose channel, by which master, to how many.
type delivery struct {
	addr      string
	channel   string
	receivers int64
}

// wayOf is the master of a slot, "" where it is not known, and the slot's last delivery.
func (sh *shards) wayOf(slot uint16) (owner string, last delivery) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.owners[slot], sh.delivered[slot]
}
