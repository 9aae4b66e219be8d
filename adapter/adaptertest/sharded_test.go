package adaptertest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

// roomsOnEachMaster are rooms of the namespace "/" whose channels are on three masters.
func roomsOnEachMaster(t *testing.T, c *redistest.Cluster, key string) []string {
	t.Helper()
	var rooms []string
	var masters []*redistest.Server
	for i := 0; len(rooms) < 3; i++ {
		room := fmt.Sprint("room ", i)
		if m := c.Master(shardOf(key, room)); !slices.Contains(masters, m) {
			masters, rooms = append(masters, m), append(rooms, room)
		}
	}
	return rooms
}

func shardOf(key, room string) string { return key + "#/#" + room + "#" }

// clusterSetting is two nodes in a Redis Cluster, and a client of the other one that is
// in a room on each master.
type clusterSetting struct {
	*cluster
	redis *redistest.Cluster
	rooms []string
}

func TestShardedInARedisCluster(t *testing.T) {
	const key = "sharded"
	k := shardedKind(adapter.SubscribeDynamic)
	redis := redistest.StartCluster(t)
	var nodes []any
	for _, n := range redis.Nodes() {
		nodes = append(nodes, map[string]any{"host": "127.0.0.1", "port": n.Port()})
	}
	actor := startGoServer(t, k, redis.URL(), key)
	other := startGoServer(t, k, redis.URL(), key)
	node := startNodeIn(t, k, key, with{"nodes": nodes})
	eventually(t, "three nodes", func() bool {
		return actor.serverCount() == 3 && other.serverCount() == 3 && node.serverCount() == 3
	})
	s := &clusterSetting{
		cluster: &cluster{t: t, kind: k, actor: actor, other: other, clients: startPeer(t), ids: map[string]string{}},
		redis:   redis, rooms: roomsOnEachMaster(t, redis, key),
	}
	for name, url := range map[string]string{"at Go": other.url(), "at Node": node.url()} {
		s.connect(name, url)
		for _, room := range s.rooms {
			s.joinByClient(name, room)
		}
	}
	// Node answers a join before it is subscribed to the room's channel.
	eventually(t, "both nodes subscribed to each room", func() bool {
		return !slices.ContainsFunc(s.rooms, func(room string) bool {
			shard := shardOf(key, room)
			return redis.Master(shard).Do("PUBSUB", "SHARDNUMSUB", shard) != shard+"\n2"
		})
	})

	// Order, within each room, from Go and from Node.
	const each = 300
	for i := range each {
		for _, room := range s.rooms {
			actor.emit(target{rooms: []string{room}}, "n", room, i)
		}
	}
	s.expectInOrder(each, "at Go", "at Node")
	node.run("for (let i = 0; i < each; i++) for (const room of rooms) on.io.to(room).emit('n', room, i)", with{"each": each, "rooms": values(s.rooms)}, nil)
	s.expectInOrder(each, "at Go", "at Node")
	if sockets, err := actor.fetch(target{rooms: s.rooms[:1]}); err != "" || len(sockets) != 2 {
		t.Errorf("fetched %d, %s", len(sockets), err)
	}

	// A slot moves: this one is followed, the others lose nothing.
	shard := shardOf(key, s.rooms[0])
	redis.MoveSlot(shard, redis.Master(shardOf(key, s.rooms[1])))
	s.untilWhole("slot moved", s.rooms[0])
	for _, room := range s.rooms[1:] {
		if lost := s.untilWhole("another slot", room); lost != 0 {
			t.Errorf("%s, whose slot has not moved, lost %d", room, lost)
		}
	}
	// A replica takes over, asked and unasked.
	redis.AwaitWhole()
	redis.Failover(redis.Master(shard))
	s.untilWhole("failover", s.rooms[0])
	redis.AwaitWhole()
	redis.Master(shard).Kill()
	s.untilWhole("master killed", s.rooms[0])
	eventually(t, "whole nodes", func() bool { return actor.cluster.State().Connected && other.cluster.State().Connected })
	for _, room := range s.rooms {
		if lost := s.untilWhole("after all", room); lost != 0 {
			t.Errorf("%s lost %d when all was well", room, lost)
		}
	}
}

// expectInOrder waits until clients have got so many events in each room, in order.
func (s *clusterSetting) expectInOrder(each int, names ...string) {
	s.t.Helper()
	for _, name := range names {
		var got []any
		eventually(s.t, "all events "+name, func() bool {
			got = s.got(name)
			return len(got) == each*len(s.rooms)
		})
		next := map[string]float64{}
		for _, e := range got {
			args := e.([]any)
			room, n := args[1].(string), args[2].(float64)
			if n != next[room] {
				s.t.Fatalf("%s got %v of %s in place of %v", name, n, room, next[room])
			}
			next[room]++
		}
	}
	s.forget()
}

// untilWhole emits to a room, every 20 ms, until the client at Go gets it. It returns
// how many were lost.
func (s *clusterSetting) untilWhole(what, room string) (lost int) {
	s.t.Helper()
	start := time.Now()
	for i := 0; ; i++ {
		s.actor.emit(target{rooms: []string{room}}, "until", i)
		want := text([]any{"until", i})
		for wait := time.Now().Add(20 * time.Millisecond); time.Now().Before(wait); {
			got := s.got("at Go")
			if len(got) > 0 && text(got[len(got)-1]) == want {
				s.t.Logf("%s: whole after %s, %d lost", what, time.Since(start).Round(time.Millisecond), i+1-len(got))
				s.forget()
				return i + 1 - len(got)
			}
		}
		if time.Since(start) > 30*time.Second {
			s.t.Fatalf("%s: nothing came in 30 s", what)
		}
	}
}

// TestADeadNodeIsNamed: a node that hangs or dies in the middle of a request costs its
// own answer, and the error says which node it is.
func TestADeadNodeIsNamed(t *testing.T) {
	k := shardedKind(adapter.SubscribeDynamic)
	redis := redistest.Start(t)
	actor := startGoServer(t, k, redis.URL(), "key", func(cfg *adapter.ClusterConfig) { cfg.RequestTimeout = 500 * time.Millisecond })
	other := startGoServer(t, k, redis.URL(), "key")
	node := startNodeIn(t, k, "key", with{"url": redis.URL()})
	eventually(t, "three nodes", func() bool { return actor.serverCount() == 3 && other.serverCount() == 3 })
	c := &cluster{t: t, clients: startPeer(t), ids: map[string]string{}}
	c.connect("a", other.url())
	if sockets, err := actor.fetch(target{}); err != "" || len(sockets) != 1 {
		t.Fatalf("fetched %d, %s", len(sockets), err)
	}
	var uid string
	node.run("return on.io.of('/').adapter.uid", nil, &uid)
	fetch := func() ([]*socket.RemoteSocket, error) {
		var wait sync.WaitGroup
		wait.Add(1)
		var got []*socket.RemoteSocket
		var failed error
		actor.io.FetchSockets()(func(sockets []*socket.RemoteSocket, err error) {
			got, failed = sockets, err
			wait.Done()
		})
		wait.Wait()
		return got, failed
	}
	if err := node.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	sockets, err := fetch()
	var incomplete *adapter.IncompleteError
	if !errors.As(err, &incomplete) || !errors.Is(err, adapter.ErrIncomplete) {
		t.Fatalf("fetched %d, %v", len(sockets), err)
	}
	if len(sockets) != 1 || incomplete.Expected != 2 || incomplete.Answered != 1 || !slices.Equal(incomplete.Missing, []string{uid}) {
		t.Errorf("fetched %d, %+v, and the one that hangs is %s", len(sockets), incomplete, uid)
	}
	if got := actor.serverSideEmitWithAck("ask", 1); len(got.values) != 1 || got.err == "" {
		t.Errorf("asked %s, %q", text(got.values), got.err)
	}
	if s := actor.cluster.State(); s.Incomplete != 2 || s.PendingRequests != 0 {
		t.Errorf("state %+v", s)
	}
	node.kill()
	eventually(t, "end of its subscription", func() bool { return redis.Do("PUBSUB", "SHARDNUMSUB", "key#/#") == "key#/#\n2" })
	if n := actor.serverCount(); n != 3 {
		t.Errorf("%d nodes are counted: it may come back", n)
	}
	if sockets, err := fetch(); len(sockets) != 1 || !errors.As(err, &incomplete) || !slices.Equal(incomplete.Missing, []string{uid}) {
		t.Errorf("fetched %d, %v: it may come back", len(sockets), err)
	}
	eventually(t, "a whole answer without it", func() bool {
		sockets, err := fetch()
		return err == nil && len(sockets) == 1
	})
	if n := actor.serverCount(); n != 2 {
		t.Errorf("%d nodes are counted when it is gone", n)
	}
}
