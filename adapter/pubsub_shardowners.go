package adapter

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/redis/rueidis"
)

// shardRounds is how often a question follows a slot that moves.
const shardRounds = 8

// askNext is how long a node has to say who serves a slot before another one is asked, too.
const askNext = 100 * time.Millisecond

// locate asks the nodes which masters serve topics, one after the other: the next one when
// the one before has failed, or is slow.
//
// They are asked as if the topics were keys, for a replica would take a subscription
// itself. Messages then came by way of the master, and after a failover late ones of the
// former master behind those of the new one.
func (sh *shards) locate(ctx context.Context, topics []topic) error {
	limited, cancel := context.WithTimeout(ctx, sh.s.timeout)
	defer cancel()
	nodes := sh.inTurn()
	found := make(chan error, len(nodes))
	last, left := errNoNodes, len(nodes)
	for _, node := range nodes {
		// One that hangs is not waited for: the client may not let go before its own time.
		go func() { found <- sh.find(limited, node.addr, node.client, topics) }()
		select {
		case err := <-found:
			if left--; err == nil {
				return nil
			}
			last = err
		case <-time.After(askNext):
		}
	}
	for ; left > 0; left-- {
		var slow <-chan time.Time
		if isRedisError(last) { // one who answers: the others need not be waited for as long
			slow = time.After(askNext)
		}
		select {
		case err := <-found:
			if err == nil {
				return nil
			}
			last = err
		case <-slow:
			return last
		}
	}
	return last
}

// successor stands, with an address behind it, for the errand of seek.
const successor = "successor of "

// seek looks for the master that serves a topic in place of one that is away. That none has
// taken over yet is an error, so that it is not asked for again without a pause.
func (sh *shards) seek(ctx context.Context, t topic) error {
	err := sh.locate(ctx, []topic{t})
	if err == nil && sh.isAway(t) {
		err = errMoving
	}
	return err
}

// errNoNodes means that the client knows no node to ask.
var errNoNodes = errors.New("no node of the cluster is known")

// clusterNode is one node of the cluster.
type clusterNode struct {
	addr   string
	client rueidis.Client
}

// inTurn are the nodes, another one first each time, those that are away last.
func (sh *shards) inTurn() []clusterNode {
	clients := sh.s.client.Nodes()
	addrs := slices.Sorted(maps.Keys(clients))
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.turn++
	var nodes, away []clusterNode
	for i := range addrs {
		addr := addrs[(i+sh.turn)%len(addrs)]
		if node := (clusterNode{addr, clients[addr]}); sh.stillAway(addr) {
			away = append(away, node)
		} else {
			nodes = append(nodes, node)
		}
	}
	return append(nodes, away...)
}

// find learns from a node which masters serve topics.
func (sh *shards) find(ctx context.Context, addr string, node rueidis.CommandClient, topics []topic) error {
	var last error
	for batch := range slices.Chunk(topics, topicsAtOnce) {
		for i, err := range sh.eachServes(ctx, node, batch) {
			if owner, moved := movedTo(err); moved {
				sh.learn(sh.slot(batch[i]), owner)
			} else if err == nil {
				sh.learn(sh.slot(batch[i]), addr)
			} else {
				last = err
			}
		}
	}
	return last
}

// owner is the address of the master that serves a topic, which is asked for where it is
// not known.
func (sh *shards) owner(ctx context.Context, t topic) (string, error) {
	slot := sh.slot(t)
	for range shardRounds {
		sh.mu.Lock()
		addr, known := sh.owners[slot]
		sh.mu.Unlock()
		if known {
			return addr, nil
		}
		if err := sh.locate(ctx, []topic{t}); err != nil {
			return "", err
		}
	}
	return "", errMoving
}

// exists is a command that the master alone answers that serves a topic.
func (sh *shards) exists(t topic) rueidis.Completed {
	return sh.s.client.B().Arbitrary("EXISTS").Keys(t.name).Build()
}

// movedTo is the address that an error of Redis sends to.
func movedTo(err error) (addr string, moved bool) {
	if redis, ok := rueidis.IsRedisErr(err); ok {
		return redis.IsMoved()
	}
	return "", false
}

// eachServes asks a node whether it is the master that serves topics. One that has just
// become a replica takes subscriptions like its master, as messages come to replicas as
// well; but its subscribers are counted by nobody, and it tells them nothing when the slot
// goes on to another master.
func (sh *shards) eachServes(ctx context.Context, node rueidis.CommandClient, topics []topic) []error {
	commands := make([]rueidis.Completed, len(topics))
	for i, t := range topics {
		commands[i] = sh.exists(t)
	}
	errs := each(ctx, node, commands)
	for i, err := range errs {
		if isAsk(err) {
			errs[i] = nil // keys are on their way to another one, it serves the slot still
		}
	}
	return errs
}

// isAsk reports whether a master has sent on for a key of a slot that it is handing on.
func isAsk(err error) bool {
	redis, ok := rueidis.IsRedisErr(err)
	if !ok {
		return false
	}
	_, ask := redis.IsAsk()
	return ask
}

// addCount adds the subscribers of a channel at the master that serves it. Others answer as
// well, but count none.
func (sh *shards) addCount(ctx context.Context, total *int64, channel string) error {
	t := topic{topicShard, channel}
	for range shardRounds {
		addr, err := sh.owner(ctx, t)
		if err != nil {
			return err
		}
		counts, errs := sh.countAt(ctx, addr, []topic{t})
		if !errors.Is(errs[0], errMoving) {
			*total += counts[0]
			return errs[0]
		}
	}
	return errMoving
}

// countAt counts the subscribers of topics at the master that is thought to serve them. The
// errors are by topics as well: errMoving where another one does.
func (sh *shards) countAt(ctx context.Context, addr string, topics []topic) (counts []int64, errs []error) {
	counts, errs = make([]int64, len(topics)), make([]error, len(topics))
	node, err := sh.node(ctx, addr)
	if err != nil {
		sh.forget(topics)
		for i := range errs {
			errs[i] = err
		}
		return counts, errs
	}
	commands := make([]rueidis.Completed, 0, 2*len(topics))
	for _, t := range topics {
		commands = append(commands, sh.exists(t), shardCount(node, t.name))
	}
	results := node.DoMulti(ctx, commands...)
	for i, t := range topics {
		serves := results[2*i].Error()
		owner, moved := movedTo(serves)
		switch {
		case moved:
			sh.learn(sh.slot(t), owner)
			errs[i] = errMoving
		case serves == nil || isAsk(serves):
			sh.learn(sh.slot(t), addr)
			errs[i] = addCount(&counts[i], results[2*i+1])
		default:
			sh.forget(topics[i : i+1])
			errs[i] = serves
		}
	}
	return counts, errs
}

// errMoving means that a slot has no master for long enough to ask.
var errMoving = errors.New("the slots move on and on")

// slot is that of a topic.
func (sh *shards) slot(t topic) uint16 {
	command := sh.s.client.B().Ssubscribe().Channel(t.name).Build()
	return command.Slot()
}

// learn notes who serves a slot. Where that is in place of a master that is away, another
// one may have taken over all that it had.
func (sh *shards) learn(slot uint16, addr string) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if before := sh.owners[slot]; before != addr && sh.stillAway(before) {
		maps.DeleteFunc(sh.owners, func(_ uint16, owner string) bool { return owner == before })
	}
	sh.owners[slot] = addr
}

func (sh *shards) forget(topics []topic) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for _, t := range topics {
		delete(sh.owners, sh.slot(t))
	}
}
