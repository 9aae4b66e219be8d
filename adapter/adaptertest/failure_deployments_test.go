package adaptertest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
)

// hung is how long a Redis hangs, or a connection is a black hole, in the whole matrix.
const hung = 20 * time.Second

// deployments are the forms that a Redis is used in, with what can happen to each.
var deployments = []struct {
	name     string
	start    func(*testing.T) *deployment
	failures []failure
}{
	{"Redis", startAlone, []failure{
		{name: "restart", begin: stop, mend: start, cutOff: both},
		{name: "SIGKILL", begin: func(c *trial) { c.redis.Kill() }, mend: start, cutOff: both},
		{name: "SIGSTOP", begin: pause, mend: resume, cutOff: both, lasts: hung, unsure: true},
		{name: "CLIENT KILL of subscribers and readers", begin: killReaders},
		{
			name: "black hole of the one that emits", lasts: hung,
			begin: func(c *trial) { c.actorProxy.BlackHole() }, mend: func(c *trial) { c.actorProxy.Heal() },
			cutOff: []side{emitting}, unsure: true,
		},
		{
			name: "black hole of the other", lasts: hung,
			begin: func(c *trial) { c.otherProxy.BlackHole() }, mend: func(c *trial) { c.otherProxy.Heal() },
			cutOff: []side{receiving}, alone: true,
		},
		{name: "output buffer kick", begin: overflow, mend: func(c *trial) { c.otherProxy.Heal() }, alone: true},
		{
			name: "wrong password at start", fromStart: true, free: true, actorURL: func(d *deployment) string {
				return strings.Replace(d.actor, "redis://", "redis://node:secret@", 1)
			},
			begin:  func(c *trial) { c.redis.Do("ACL", "DELUSER", "node") },
			mend:   func(c *trial) { c.redis.Do("ACL", "SETUSER", "node", "on", ">secret", "~*", "&*", "+@all") },
			cutOff: []side{emitting}, reason: "WRONGPASS",
		},
		{
			name: "password changed", begin: changePassword,
			mend:   func(c *trial) { c.redis.ChangePassword("") },
			cutOff: both, reason: "NOAUTH",
		},
	}},
	{"Redis over TLS", startOverTLS, []failure{
		{name: "restart", begin: stop, mend: start, cutOff: both},
		{name: "SIGSTOP", begin: pause, mend: resume, cutOff: both, lasts: hung, unsure: true},
		{name: "CLIENT KILL of subscribers and readers", begin: killReaders},
	}},
	{"Sentinel", startSentinel, []failure{
		{name: "failover", begin: func(c *trial) { c.sentinel.Failover() }, costs: true, wholeOnly: true},
		{name: "SIGKILL of the master", begin: killMasterOfSentinel, costs: true},
	}},
	{"Redis Cluster", startRedisCluster, []failure{
		{name: "slot migration", begin: moveSlot, free: true},
		{name: "failover", begin: failover, costs: true, wholeOnly: true},
		{name: "SIGSTOP of the master", begin: hangMaster, mend: resumeHung, costs: true, late: true, lasts: hung},
		{name: "SIGSTOP of another master", begin: hangOtherMaster, mend: resumeHung, lasts: hung, free: true},
		{name: "SIGKILL of the master", begin: killMaster, costs: true},
	}},
}

func startAlone(t *testing.T) *deployment {
	d := &deployment{redis: redistest.Start(t, redistest.Durable()...)}
	d.actorProxy, d.otherProxy = redistest.StartProxy(t, d.redis), redistest.StartProxy(t, d.redis)
	d.actor, d.other = d.actorProxy.URL(), d.otherProxy.URL()
	return d
}

func startOverTLS(t *testing.T) *deployment {
	redis := redistest.StartTLS(t, redistest.Durable()...)
	return &deployment{redis: redis, actor: redis.URL(), other: redis.URL()}
}

func startSentinel(t *testing.T) *deployment {
	s := redistest.StartSentinel(t, redistest.Durable()...)
	return &deployment{sentinel: s, actor: s.URL(), other: s.URL()}
}

func startRedisCluster(t *testing.T) *deployment {
	c := redistest.StartCluster(t, redistest.Durable()...)
	return &deployment{cluster: c, actor: c.URL(), other: c.URL()}
}

func stop(c *trial) { c.redis.Stop() }

func start(c *trial) { c.redis.Start() }

func pause(c *trial) { c.redis.Pause() }

func resume(c *trial) { c.redis.Resume() }

// changePassword has nobody come back who does not know the new one, and all come back.
func changePassword(c *trial) {
	c.redis.ChangePassword("changed")
	c.redis.Do("CLIENT", "KILL", "SKIPME", "yes")
}

// killReaders closes the connections that are subscribed, and those that read streams.
func killReaders(c *trial) {
	killed := c.redis.KillSubscribers()
	for line := range strings.Lines(c.redis.Do("CLIENT", "LIST")) {
		if !strings.Contains(line, " cmd=xread ") {
			continue
		}
		id, _, _ := strings.Cut(strings.TrimPrefix(line, "id="), " ")
		c.redis.Do("CLIENT", "KILL", "ID", id)
		killed++
	}
	if killed < 2 {
		c.t.Fatalf("%d connections were killed", killed)
	}
}

// overflow has the other node leave unread more than Redis keeps for a subscriber.
func overflow(c *trial) {
	const limit, message = 1 << 20, 256 << 10
	subscribers := func() int { return strings.Count(c.redis.Do("CLIENT", "LIST", "TYPE", "pubsub"), "id=") }
	c.redis.Do("CONFIG", "SET", "client-output-buffer-limit", fmt.Sprint("pubsub ", limit, " 0 0"))
	before := subscribers()
	c.otherProxy.BlackHole()
	filler := strings.Repeat("x", message)
	eventually(c.t, "kick", func() bool {
		c.flood(filler)
		return subscribers() < before
	})
}

func killMasterOfSentinel(c *trial) {
	master, replica := c.sentinel.Servers()
	if strings.Contains(replica.Do("ROLE"), "master") {
		master, replica = replica, master
	}
	master.Kill()
	c.sentinel.AwaitMaster(replica)
}

func moveSlot(c *trial) {
	place := c.place
	from := c.cluster.Master(place)
	for _, n := range c.cluster.Nodes() {
		if n != from && strings.HasPrefix(n.Do("ROLE"), "master") {
			c.cluster.MoveSlot(place, n)
			return
		}
	}
	c.t.Fatal("there is one master only")
}

func failover(c *trial) {
	c.cluster.AwaitWhole()
	c.cluster.Failover(c.cluster.Master(c.place))
}

func killMaster(c *trial) {
	c.cluster.AwaitWhole()
	c.cluster.Master(c.place).Kill()
}

// hangMaster has the master hang that broadcasts depend on; a replica takes its place.
func hangMaster(c *trial) {
	c.cluster.AwaitWhole()
	c.hung = c.cluster.Master(c.place)
	c.hung.Pause()
	c.cluster.AwaitMaster(c.place)
}

// hangOtherMaster has one hang that they do not depend on.
func hangOtherMaster(c *trial) {
	c.cluster.AwaitWhole()
	of := map[*redistest.Server]bool{c.cluster.Master(c.key): true, c.cluster.Master(c.place): true}
	for _, n := range c.cluster.Nodes() {
		if !of[n] && strings.HasPrefix(n.Do("ROLE"), "master") {
			c.hung = n
			n.Pause()
			return
		}
	}
	c.t.Fatal("all masters are depended on")
}

func resumeHung(c *trial) { c.hung.Resume() }
