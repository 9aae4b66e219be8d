package adapter

import (
	"context"
	"time"
)

// following is how a slot that has moved to a master waits for its subscribers there, of
// whom as many are to be back as got its last message. Each does so on its own: it may be
// that nobody comes back to one.
type following struct {
	to    string    // the master
	since time.Time // when it began
	next  time.Time // when to look for them again
	over  bool
}

// follows reports whether a slot's subscribers are being waited for at its master.
func (q *slotQueue) follows(owner string, last delivery) bool {
	if last.addr == owner || last.receivers == 0 {
		return false
	}
	if q.following.to != owner {
		q.following = following{to: owner, since: time.Now()}
	}
	return !q.following.over
}

// follow looks for the subscribers of slots that have moved to a master.
func (p *shardSender) follow(ctx context.Context, owner string, queues []*slotQueue) {
	limited, cancel := context.WithTimeout(ctx, othersWait)
	defer cancel()
	least := make([]int64, len(queues))
	topics := make([]topic, len(queues))
	for i, q := range queues {
		_, last := p.sh.wayOf(q.slot)
		topics[i], least[i] = topic{topicShard, last.channel}, last.receivers
	}
	counts, errs := p.sh.countAt(limited, owner, topics)
	p.mu.Lock()
	defer p.mu.Unlock()
	setBusy(queues, false)
	now := time.Now()
	for i, q := range queues {
		q.following.over = errs[i] == nil && counts[i] >= least[i] || now.Sub(q.following.since) >= othersWait
		q.following.next = now.Add(shardRetry)
	}
}
