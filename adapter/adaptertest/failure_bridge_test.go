package adaptertest

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"nudge/adapter"
)

// bridgeNode is a process with a bridge, and what has come to it.
type bridgeNode struct {
	*adapter.Bridge
	t testing.TB

	mu  sync.Mutex
	log [][3]int64 // as of receivedOf
}

func startBridge(t testing.TB, url, channel string, log *slog.Logger) *bridgeNode {
	t.Helper()
	n := &bridgeNode{t: t}
	bridge, err := adapter.NewBridge(adapter.BridgeConfig{URL: url, Channel: channel, Deliver: n.deliver, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	n.Bridge = bridge
	ctx, cancel := context.WithCancel(context.Background())
	var over sync.WaitGroup
	over.Go(func() {
		if err := bridge.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		cancel()
		over.Wait()
	})
	return n
}

func (n *bridgeNode) deliver(payloads [][]byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, payload := range payloads {
		var event [2]int64
		if json.Unmarshal(payload, &event) == nil { // else it is a filler
			n.log = append(n.log, [3]int64{event[0], event[1], time.Now().UnixMilli()})
		}
	}
}

func (n *bridgeNode) emit(_ target, _ string, args ...any) {
	n.Publish([]byte(text(args)), nil)
}

// got returns when an event has come of which a condition holds.
func (n *bridgeNode) got(what string, is func(number, at int64) bool) {
	n.t.Helper()
	for deadline := time.Now().Add(wholeWithin); ; time.Sleep(20 * time.Millisecond) {
		n.mu.Lock()
		last := len(n.log) - 1
		met := last >= 0 && is(n.log[last][0], n.log[last][1])
		n.mu.Unlock()
		if met {
			return
		}
		if time.Now().After(deadline) {
			n.t.Fatalf("no %s in %s: %+v", what, wholeWithin, n.State())
		}
	}
}

func (n *bridgeNode) reach(numbers *numbers, more int64) {
	n.t.Helper()
	enough := numbers.next.Load() + more
	n.got(fmt.Sprintf("%d more events", more), func(number, _ int64) bool { return number >= enough })
}

func (n *bridgeNode) result(moment time.Time) received {
	n.mu.Lock()
	defer n.mu.Unlock()
	return receivedOf(n.log, moment)
}

// runBridges is run for two bridges of a channel. What one publishes comes back to itself
// by Redis, and so waits for it.
func (c *trial) runBridges(f failure) outcome {
	c.t.Helper()
	if f.fromStart {
		f.begin(c)
	}
	nodes := []*bridgeNode{
		emitting:  startBridge(c.t, c.actorURL(f), c.key, c.logs.of(emitting)),
		receiving: startBridge(c.t, c.deployment.other, c.key, c.logs.of(receiving)),
	}
	c.logs.showIfFailed(c.t)
	near, far := nodes[emitting], nodes[receiving]
	c.flood = func(filler string) { near.Publish([]byte(filler), nil) }
	connected := func() bool { return near.State().Connected && far.State().Connected }
	if !f.fromStart {
		eventually(c.t, "two bridges", connected)
	}
	before, beforeOther := stateOf(near), stateOf(far)
	numbers := startNumbers(near.emit)
	defer numbers.stop()

	begun, over := time.Now(), time.Now()
	if !f.fromStart {
		far.reach(numbers, 50)
		begun = time.Now()
		f.begin(c)
		over = time.Now()
	}
	for _, cutOff := range f.cutOff {
		eventually(c.t, "state and log that tell why", func() bool { s := nodes[cutOff].State(); return c.told(f, cutOff, s.Connected, s.LastError) })
	}
	if f.mend != nil {
		if *whole {
			time.Sleep(time.Until(begun.Add(f.lasts)))
		}
		f.mend(c)
		over = time.Now()
	}
	far.got("event since the failure is over", func(_, at int64) bool { return at >= over.UnixMilli() })
	for range 2 { // a part of a Redis Cluster may be lost and found a little later
		eventually(c.t, "states that tell", connected)
		far.reach(numbers, 50)
	}
	last := numbers.stop()
	for _, n := range nodes {
		n.got("last event", func(number, _ int64) bool { return number == int64(last) })
	}
	o := outcome{
		emitted: last + 1, near: near.result(over), far: far.result(over),
		actor: since(before, stateOf(near)), other: since(beforeOther, stateOf(far)),
	}
	o.lost = o.emitted - o.far.got
	c.judgeBridges(f, o)
	return o
}

// judgeBridges holds an outcome to what is promised of bridges.
func (c *trial) judgeBridges(f failure, o outcome) {
	c.t.Helper()
	late, twice := o.afterwards(f)
	for who, got := range map[string]received{"emits": o.near, "receives": o.far} {
		if got.doubled > twice || got.disordered > late {
			c.t.Errorf("the bridge that %s: %+v", who, got)
		}
	}
	c.judgeLoss(f, o, f.free)
	// What the one that emits was told to be published has come back to it.
	if missed := o.emitted - o.near.got; missed > o.counted() {
		c.t.Errorf("the bridge that emits has not got %d of its own, and counts %d: %+v", missed, o.counted(), o.actor)
	}
	for _, who := range f.cutOff {
		c.logs.tell(c.t, who, bridgeNews)
	}
}

// stateOf is what a bridge counts, by the names that adapters have for the same.
func stateOf(n *bridgeNode) adapter.ClusterState {
	s := n.State()
	return adapter.ClusterState{Refused: s.Refused, Unavailable: s.Unavailable, Unknown: s.Unknown, Lost: s.Lost}
}
