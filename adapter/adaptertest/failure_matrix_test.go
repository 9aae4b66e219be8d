package adaptertest

import (
	"flag"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

// whole has every failure last as long as is promised; else those that last are cut
// short, once the nodes have noticed.
var whole = flag.Bool("whole", false, "run the whole matrix of failures, each as long as is promised")

// failingKind is a kind in the matrix of failures.
type failingKind struct {
	kind
	short string
	// place is the key or channel of which the master in a Redis Cluster is what
	// broadcasts depend on.
	place func(key string) string
	// keeps is whether a Redis that is away costs nothing.
	keeps bool
}

var failingKinds = []failingKind{
	{kind: kinds[0], short: "classic", place: func(key string) string { return key }},
	{kind: shardedKind(adapter.SubscribeDynamic), short: "sharded", place: func(key string) string { return key + "#/#" }},
	{kind: kind{name: "streams", peer: "streams", make: streams(adapter.StreamsConfig{})}, short: "streams", place: func(key string) string { return key }, keeps: true},
}

// failure is something that happens to a Redis, or on the way there.
type failure struct {
	name  string
	begin func(*trial)
	// mend ends it. A failure without ends by itself.
	mend func(*trial)
	// lasts is the least time in between, with the flag whole.
	lasts time.Duration
	// cutOff are the nodes that must say that they are cut off before it is mended.
	cutOff []side
	// reason is a part of why, as they tell it.
	reason string
	// fromStart is whether it has begun before the nodes start.
	fromStart bool
	// costs is whether even streams may lose something, which they count.
	costs bool
	// actorURL is where the node that emits looks for Redis, if not where the
	// deployment says.
	actorURL func(*deployment) string
	// alone is whether the other node is cut off and the one that emits is not.
	alone bool
	// free is whether nothing may be lost by any kind.
	free bool
	// late is whether what was on its way may arrive when the failure is over, behind what
	// was sent since: it is counted as of unknown outcome. And what a master had given its own
	// subscribers a moment before, but the other nodes of the cluster not yet, may come again.
	late bool
	// unsure is whether something was on its way for sure of which the node that emits gets
	// no answer: it counts it as of unknown outcome, but with streams, which look for it.
	unsure bool
	// wholeOnly leaves it to the whole matrix.
	wholeOnly bool
}

// side is one of the two nodes of a trial.
type side int

const (
	emitting side = iota
	receiving
)

func (who side) String() string {
	return []string{emitting: "the node that emits", receiving: "the other node"}[who]
}

// both are the nodes that a failure of Redis itself cuts off.
var both = []side{emitting, receiving}

// deployment is the Redis of some failures, and how nodes get there.
type deployment struct {
	actor, other           string // URLs
	redis                  *redistest.Server
	actorProxy, otherProxy *redistest.Proxy
	sentinel               *redistest.Sentinel
	cluster                *redistest.Cluster
}

// trial is one failure under one kind: a node that emits numbered events throughout,
// another one, and a client of each.
type trial struct {
	*deployment
	t            *testing.T
	place        string // the key or channel of which a master is what broadcasts depend on
	key          string
	kind         failingKind
	actor, other *goServer
	// flood has the node that emits send something long, which is for no client.
	flood func(filler string)
	logs  nodeLogs
	hung  *redistest.Server // the master of a Redis Cluster that hangs
}

// wholeWithin is how long the nodes may take to be whole once a failure is over, on a
// machine that does much else.
const wholeWithin = 30 * time.Second

// TestFailures has everything happen to every kind: what is emitted meanwhile reaches
// the clients of the same node at once, and those of the other one in order and not
// twice; what is lost is known to be, and with streams nothing is but by a failover.
func TestFailures(t *testing.T) {
	table := &failureTable{}
	t.Cleanup(func() { table.print(t) })
	for _, d := range deployments {
		t.Run(d.name, func(t *testing.T) {
			for _, k := range failingKinds {
				t.Run(k.short, func(t *testing.T) {
					t.Parallel()
					redis := d.start(t)
					clients := &cluster{t: t, clients: startPeer(t), ids: map[string]string{}}
					for _, f := range d.failures {
						if f.wholeOnly && !*whole {
							continue
						}
						t.Run(f.name, func(t *testing.T) {
							key := "key of " + f.name
							c := &trial{deployment: redis, t: t, kind: k, key: key, place: k.place(key)}
							c.flood = func(filler string) { c.actor.serverSideEmit("filler", filler) }
							clients.t = t
							table.add(d.name, f.name, k.short, c.run(f, clients))
						})
					}
				})
			}
			t.Run("bridge", func(t *testing.T) {
				t.Parallel()
				redis := d.start(t)
				for _, f := range d.failures {
					if f.wholeOnly && !*whole {
						continue
					}
					t.Run(f.name, func(t *testing.T) {
						key := "channel of " + f.name
						c := &trial{deployment: redis, t: t, key: key, place: key}
						table.add(d.name, f.name, "bridge", c.runBridges(f))
					})
				}
			})
		})
	}
}

// run has a failure happen, and holds it to what is promised.
func (c *trial) run(f failure, clients *cluster) outcome {
	c.t.Helper()
	if f.fromStart {
		f.begin(c)
	}
	configure := func(who side) func(*adapter.ClusterConfig) {
		return func(cfg *adapter.ClusterConfig) {
			shortly(cfg)
			cfg.Logger = c.logs.of(who)
		}
	}
	c.actor = startGoServer(c.t, c.kind.kind, c.actorURL(f), c.key, configure(emitting))
	c.other = startGoServer(c.t, c.kind.kind, c.deployment.other, c.key, configure(receiving))
	c.logs.showIfFailed(c.t)
	if !f.fromStart {
		eventually(c.t, "two nodes", func() bool { return c.actor.serverCount() == 2 && c.other.serverCount() == 2 })
	}
	near, far := clients.record(f.name+" near", c.actor.url()), clients.record(f.name+" far", c.other.url())
	before, beforeOther := c.actor.cluster.State(), c.other.cluster.State()
	numbers := startNumbers(c.actor.emit)
	defer numbers.stop()

	begun, over := time.Now(), time.Now()
	if f.fromStart {
		near.reach(numbers, 50)
	} else {
		far.reach(numbers, 50)
		begun = time.Now()
		f.begin(c)
		over = time.Now()
	}
	for _, cutOff := range f.cutOff {
		n := []*goServer{emitting: c.actor, receiving: c.other}[cutOff]
		eventually(c.t, "state and log that tell why", func() bool { s := n.cluster.State(); return c.told(f, cutOff, s.Connected, s.LastError) })
		if sockets, err := n.fetch(target{}); len(sockets) != 1 || err == "" {
			c.t.Errorf("meanwhile there are %d sockets, %q", len(sockets), err)
		}
	}
	if f.mend != nil {
		if *whole {
			time.Sleep(time.Until(begun.Add(f.lasts)))
		}
		near.reach(numbers, 10)
		f.mend(c)
		over = time.Now()
	}
	far.since(over)
	for range 2 { // a part of a Redis Cluster may be lost and found a little later
		eventually(c.t, "states that tell", func() bool { return c.actor.cluster.State().Connected && c.other.cluster.State().Connected })
		far.reach(numbers, 50)
	}
	// A node that is not subscribed again to where requests go is not counted.
	eventually(c.t, "sockets of both nodes", func() bool {
		sockets, err := c.actor.fetch(target{})
		return len(sockets) == 2 && err == ""
	})
	last := numbers.stop()
	near.last(last)
	far.last(last)

	o := outcome{
		emitted: last + 1, near: near.result(over), far: far.result(over),
		actor: since(before, c.actor.cluster.State()), other: since(beforeOther, c.other.cluster.State()),
	}
	o.lost = o.emitted - o.far.got
	c.judge(f, o)
	return o
}

// actorURL is where the node that emits looks for Redis.
func (c *trial) actorURL(f failure) string {
	if f.actorURL != nil {
		return f.actorURL(c.deployment)
	}
	return c.deployment.actor
}

// told reports whether a node that is cut off says so and why, by its state, and that its
// log has that reason: of several that alternate it may be some seconds until it has all.
func (c *trial) told(f failure, who side, connected bool, lastError string) bool {
	return !connected && lastError != "" && strings.Contains(lastError, f.reason) && strings.Contains(c.logs[who].String(), f.reason)
}

// judge holds an outcome to what is promised.
func (c *trial) judge(f failure, o outcome) {
	c.t.Helper()
	if o.near.got != o.emitted || o.near.doubled+o.near.disordered > 0 || o.near.slowest > nearWithin {
		c.t.Errorf("the client of the same node: %+v of %d", o.near, o.emitted)
	}
	late, twice := o.afterwards(f)
	if c.kind.keeps {
		twice = 0
	}
	if o.far.doubled > twice || o.far.disordered > late {
		c.t.Errorf("the client of the other node: %+v", o.far)
	}
	c.judgeLoss(f, o, f.free || c.kind.keeps && !f.costs)
	for _, who := range f.cutOff {
		c.logs.tell(c.t, who, clusterNews)
	}
}

// afterwards is how much may come when the failure is over, late or once more.
func (o outcome) afterwards(f failure) (late, twice int) {
	if !f.late {
		return 0, 0
	}
	return int(o.actor.Unknown), burst
}

// onItsWay is how much may be on its way at the moment of a failure: a tenth of a second.
const onItsWay = 20

// judgeLoss holds what is lost to be none where that is promised, and else to be known.
// What the node that emits has not got rid of, or is not sure of, it counts one by one.
// With streams that is all that may be lost. Else the other node may have missed more, if
// it counts a time that it was cut off itself: any number where it was so alone,
// and what was on its way where the node that emits was, too, and so has waited for it.
func (c *trial) judgeLoss(f failure, o outcome, free bool) {
	c.t.Helper()
	missed := o.lost - o.counted()
	fault := ""
	switch {
	case free && o.lost > 0:
		fault = "nothing may be"
	case missed <= 0:
	case c.kind.keeps:
		fault = "each is to be counted"
	case o.other.Lost+o.other.Moved == 0:
		fault = "the other node knows of no time that it was cut off"
	case missed > onItsWay && !f.alone:
		fault = "the other node was to be waited for"
	}
	if f.unsure && !c.kind.keeps && o.actor.Unknown == 0 {
		fault = "some are of unknown outcome"
	}
	if fault != "" {
		c.t.Errorf("%d lost, %d counted one by one: %s: %+v, %+v", o.lost, o.counted(), fault, o.actor, o.other)
	}
}

// nearWithin is how long a client of the node that emits may wait for an event, on a
// machine that does much else.
const nearWithin = 3 * time.Second

// numbers emits numbered events, each with its time, until it is stopped.
type numbers struct {
	next atomic.Int64
	end  chan struct{}
	over sync.WaitGroup
	once sync.Once
}

// burst is how many events are emitted at a time.
const burst = 2

func startNumbers(emit func(to target, event string, args ...any)) *numbers {
	n := &numbers{end: make(chan struct{})}
	n.over.Go(func() {
		load := time.NewTicker(10 * time.Millisecond)
		defer load.Stop()
		for {
			select {
			case <-load.C:
			case <-n.end:
				return
			}
			for range burst {
				emit(target{}, "n", n.next.Load(), time.Now().UnixMilli())
				n.next.Add(1)
			}
		}
	})
	return n
}

// stop returns the last number.
func (n *numbers) stop() int {
	n.once.Do(func() { close(n.end) })
	n.over.Wait()
	return int(n.next.Load()) - 1
}
