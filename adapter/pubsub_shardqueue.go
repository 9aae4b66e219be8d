package adapter

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/redis/rueidis"
)

// shardSender publishes to shard channels. Each master is sent to on its own, so that one
// that hangs holds up what goes to no other. The messages of a slot keep their order
// wherever it moves meanwhile.
type shardSender struct {
	sh      *shards
	queue   *outbox // which they are counted in until they are done
	errands *errands
	jobs    sync.WaitGroup
	wake    chan struct{} // holds a token when there may be something to send

	mu    sync.Mutex
	slots map[uint16]*slotQueue
	order []*slotQueue // the same, those first whose messages came first
}

// shardMessage is a message and the command that publishes it; pinned, to be sent once more.
type shardMessage struct {
	*publication
	command rueidis.Completed
}

// slotQueue is the messages whose channels are in one slot, in their order.
type slotQueue struct {
	slot    uint16
	waiting fifo[shardMessage]
	// busy is whether the first of it is on its way, or may not be yet.
	busy bool
	// migrates is whether its master is handing the slot on, key by key. It takes no
	// transaction then that has to do with a key that it has not, and for one it takes a
	// channel.
	migrates bool
	// following is how it follows subscribers to another master.
	following following
}

func newShardSender(sh *shards, queue *outbox) *shardSender {
	return &shardSender{sh: sh, queue: queue, errands: newErrands(), wake: make(chan struct{}, 1), slots: map[uint16]*slotQueue{}}
}

// keepPublishing publishes what waits until ctx ends or something fails. What was not sent
// goes back to the queue then.
func (p *shardSender) keepPublishing(ctx context.Context) error {
	defer p.giveBack()
	defer p.jobs.Wait()
	var retry <-chan time.Time
	for {
		select {
		case <-p.queue.wake:
		case <-p.wake:
		case <-retry:
		case <-ctx.Done():
			return nil
		}
		err := p.queue.drain(ctx, func(batch []*publication) error { return p.take(ctx, batch) })
		if err != nil {
			return fmt.Errorf("publish: %w", err)
		}
		if ended(ctx) {
			return nil
		}
		retry = nil
		if p.send(ctx) {
			retry = time.After(shardRetry)
		}
	}
}

// take sorts messages by slots; those that have none are sent at once.
func (p *shardSender) take(ctx context.Context, batch []*publication) error {
	plain := slices.DeleteFunc(slices.Clone(batch), func(m *publication) bool { return m.shard })
	sharded := slices.DeleteFunc(batch, func(m *publication) bool { return !m.shard })
	p.mu.Lock()
	for i, command := range p.sh.s.commands(sharded) {
		m := shardMessage{sharded[i], command.Pin()}
		slot := command.Slot()
		q := p.slots[slot]
		if q == nil {
			q = &slotQueue{slot: slot}
			p.slots[slot] = q
			p.order = append(p.order, q)
		}
		q.waiting.push(m)
	}
	p.mu.Unlock()
	if len(plain) == 0 {
		return nil
	}
	return p.sh.s.publish(ctx, p.queue, plain)
}

// send has sent what can be, and reports whether something waits for a master.
func (p *shardSender) send(ctx context.Context) (waits bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trim()
	var unknown []topic
	away := map[string]topic{}
	moved := map[string][]*slotQueue{}
	flights := map[string]*flight{}
	for _, q := range p.order {
		if q.busy {
			continue
		}
		owner, last := p.sh.wayOf(q.slot)
		switch {
		case owner == "":
			unknown = append(unknown, topic{topicShard, q.waiting.front().channel})
		case p.sh.isAwayAt(owner):
			away[owner] = topic{topicShard, q.waiting.front().channel}
		case q.follows(owner, last):
			if time.Now().After(q.following.next) {
				moved[owner] = append(moved[owner], q)
			}
		default:
			f := flights[owner]
			if f == nil {
				f = &flight{addr: owner, may: p.errands.begin(owner)}
				flights[owner] = f
			}
			if f.may && f.take(q) {
				continue
			}
		}
		waits = true
	}
	if len(unknown) > 0 && p.errands.begin(anyNode) {
		p.do(anyNode, func() error { return p.sh.locate(ctx, unknown) })
	}
	for owner, t := range away {
		if p.errands.begin(owner) {
			p.do(owner, func() error { return p.sh.askAgain(ctx, owner) })
		}
		if p.errands.begin(successor + owner) {
			p.do(successor+owner, func() error { return p.sh.seek(ctx, t) })
		}
	}
	for owner, queues := range moved {
		if name := "followers at " + owner; p.errands.begin(name) {
			setBusy(queues, true)
			p.do(name, func() error { p.follow(ctx, owner, queues); return nil })
		}
	}
	for _, f := range flights {
		if f.may {
			p.do(f.addr, func() error { return p.fly(ctx, f) })
		}
	}
	return waits
}

// do does an errand that has begun.
func (p *shardSender) do(name string, errand func() error) {
	p.jobs.Go(func() {
		p.errands.end(name, errand())
		select {
		case p.wake <- struct{}{}:
		default:
		}
	})
}

func setBusy(queues []*slotQueue, busy bool) {
	for _, q := range queues {
		q.busy = busy
	}
}

// trim drops what has waited for too long, what is more than one master may have waiting,
// and queues where nothing waits.
func (p *shardSender) trim() {
	var late []*publication
	for _, q := range p.order {
		for !q.busy && q.waiting.len() > 0 && time.Since(q.waiting.front().at) > p.queue.wait {
			late = append(late, q.waiting.pop().publication)
		}
	}
	p.sh.s.p.expired(p.queue, late)
	p.share()
	p.order = slices.DeleteFunc(p.order, func(q *slotQueue) bool {
		over := q.waiting.len() == 0 && !q.busy
		if over {
			delete(p.slots, q.slot)
		}
		return over
	})
}

// share drops the last messages for masters for which more than half of the queue waits:
// the other half is for the others.
func (p *shardSender) share() {
	most, mostBytes := p.queue.maxLen/2, p.queue.maxBytes/2
	if held, bytes := p.queue.size(); held <= most && bytes <= mostBytes {
		return
	}
	waiting, waitingBytes := map[string]int{}, map[string]int{}
	for _, q := range p.order {
		owner, _ := p.sh.wayOf(q.slot)
		keep := 0
		for _, m := range q.waiting.all() {
			if waiting[owner] >= most || waitingBytes[owner]+len(m.payload) > mostBytes {
				break
			}
			keep++
			waiting[owner]++
			waitingBytes[owner] += len(m.payload)
		}
		for _, m := range q.waiting.cut(keep) {
			p.queue.release(m.publication)
			p.sh.s.p.refused(ErrQueueFull)
		}
	}
}

// giveBack puts what was not sent back to the queue, for the next session.
func (p *shardSender) giveBack() {
	p.mu.Lock()
	defer p.mu.Unlock()
	var rest []*publication
	for _, q := range p.order {
		for q.waiting.len() > 0 {
			rest = append(rest, q.waiting.pop().publication)
		}
	}
	slices.SortStableFunc(rest, func(a, b *publication) int { return a.at.Compare(b.at) })
	p.queue.putBack(rest)
}

// sayHeld tells of messages that wait, now and then.
func (p *shardSender) sayHeld(messages int, why error) {
	if of := p.sh.s.p; messages > 0 && of.dropping.now() {
		of.log.Warn("messages for the other nodes wait for a part of the cluster", slog.Int("messages", messages), slog.Any("reason", scrub(why, of.url.option.Password)))
	}
}
