package adapter

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/redis/rueidis"
)

// whereabouts are the node to ask about a topic, and whether it is known to be the
// master that serves it.
type whereabouts struct {
	addr  string
	known bool
}

// byOwner sorts what is in some slot by the node to send it to, or to ask: for a slot whose
// master is not known that is any.
func byOwner[T any](sh *shards, all []T, slot func(T) uint16) map[whereabouts][]T {
	nodes := slices.Sorted(maps.Keys(sh.s.client.Nodes()))
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.turn++ // past a node that is away
	parts := map[whereabouts][]T{}
	for i, one := range all {
		var at whereabouts
		at.addr, at.known = sh.owners[slot(one)]
		if !at.known && len(nodes) > 0 {
			at.addr = nodes[(i+sh.turn)%len(nodes)]
		}
		parts[at] = append(parts[at], one)
	}
	return parts
}

// locate asks any node which masters serve topics: as if they were keys, for a replica
// would take a subscription itself. Messages then came by way of the master, and after
// a failover late ones of the former master behind those of the new one.
func (sh *shards) locate(ctx context.Context, addr string, topics []topic) error {
	limited, cancel := context.WithTimeout(ctx, sh.s.timeout)
	defer cancel()
	node, err := sh.node(limited, addr, topics[0])
	if err != nil {
		return err
	}
	return sh.find(limited, addr, node, topics)
}

// find learns from a node which masters serve topics.
func (sh *shards) find(ctx context.Context, addr string, node rueidis.CommandClient, topics []topic) error {
	var last error
	for i, err := range sh.eachServes(ctx, node, topics) {
		if owner, moved := movedTo(err); moved {
			sh.learn(sh.slot(topics[i]), owner)
		} else if err == nil {
			sh.learn(sh.slot(topics[i]), addr)
		} else {
			last = err
		}
	}
	return last
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
		for at := range byOwner(sh, []topic{t}, sh.slot) {
			node, err := sh.node(ctx, at.addr, t)
			if err != nil {
				sh.forget([]topic{t})
				return err
			}
			results := node.DoMulti(ctx, sh.exists(t), shardCount(node, channel))
			serves := results[0].Error()
			owner, moved := movedTo(serves)
			switch {
			case moved:
				sh.learn(sh.slot(t), owner)
			case serves == nil || isAsk(serves):
				sh.learn(sh.slot(t), at.addr)
				return addCount(total, results[1])
			default:
				sh.forget([]topic{t})
				return serves
			}
		}
	}
	return errMoving
}

// errMoving means that a slot has no master for long enough to ask.
var errMoving = errors.New("the slots move on and on")

// slot is that of a topic.
func (sh *shards) slot(t topic) uint16 {
	command := sh.s.client.B().Ssubscribe().Channel(t.name).Build()
	return command.Slot()
}

func (sh *shards) learn(slot uint16, addr string) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.owners[slot] = addr
}

func (sh *shards) forget(topics []topic) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for _, t := range topics {
		delete(sh.owners, sh.slot(t))
	}
}

// node is the client of one node of the cluster. One that has only just become the master
// of a topic is found by a command to a key that it serves.
func (sh *shards) node(ctx context.Context, addr string, of topic) (rueidis.Client, error) {
	if node := sh.s.client.Nodes()[addr]; node != nil {
		return node, nil
	}
	if err := sh.s.client.Do(ctx, sh.exists(of)).Error(); err != nil {
		return nil, err
	}
	if node := sh.s.client.Nodes()[addr]; node != nil {
		return node, nil
	}
	return nil, fmt.Errorf("there is no master at %s", addr)
}
