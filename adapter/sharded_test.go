package adapter_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

// goNode is a server with an adapter of a kind, on an engine that records.
type goNode struct {
	*localServer
	cluster *adapter.Cluster
	logs    *lockedBuffer
}

func startNode(t testing.TB, make func(adapter.ClusterConfig) (*adapter.Cluster, error), url, key string) *goNode {
	t.Helper()
	n := &goNode{logs: &lockedBuffer{}}
	var err error
	n.cluster, err = make(adapter.ClusterConfig{URL: url, Key: key, Logger: slog.New(slog.NewTextHandler(n.logs, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%+v\n%s", n.cluster.State(), n.logs)
		}
	})
	n.localServer = newLocalServerWith(t, n.cluster)
	return n
}

// awaitNodes returns when the node counts so many.
func (n *goNode) awaitNodes(t testing.TB, want int64) {
	t.Helper()
	eventually(t, fmt.Sprintf("count of %d nodes", want), func() bool { return adapter.Counted(n.adapter()) == want })
}

// join connects a client that is in rooms.
func (n *goNode) join(t testing.TB, rooms ...socket.Room) (*socket.Socket, *frameConn) {
	t.Helper()
	s, c := n.connect(t)
	s.Join(rooms...)
	c.forget()
	return s, c
}

// awaitSent returns when a connection has been given messages, these and no others,
// in order.
func awaitSent(t testing.TB, c *frameConn, want ...string) {
	t.Helper()
	var got []string
	defer func() {
		if t.Failed() {
			t.Logf("the client was sent %q", got)
		}
	}()
	eventually(t, fmt.Sprintf("%q at the client", want), func() bool {
		got = c.sent()
		return slices.Equal(got, want)
	})
}

func sharded(mode adapter.SubscriptionMode) func(adapter.ClusterConfig) (*adapter.Cluster, error) {
	return func(cfg adapter.ClusterConfig) (*adapter.Cluster, error) {
		return adapter.Sharded(adapter.ShardedConfig{ClusterConfig: cfg, Mode: mode})
	}
}

func TestShardedConfig(t *testing.T) {
	if _, err := adapter.Sharded(adapter.ShardedConfig{Mode: "dynamo"}); err == nil || !strings.Contains(err.Error(), "dynamo") {
		t.Errorf("a mode that is none: %v", err)
	}
	c, err := adapter.Sharded(adapter.ShardedConfig{})
	if err != nil || c.State().Kind != adapter.KindSharded {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestShardedChannels holds the subscriptions to those of rooms that someone is in.
func TestShardedChannels(t *testing.T) {
	redis := redistest.Start(t)
	for mode, own := range map[adapter.SubscriptionMode]int{adapter.SubscribeDynamic: 1, adapter.SubscribeDynamicPrivate: 1, adapter.SubscribeStatic: 0} {
		t.Run(string(mode), func(t *testing.T) {
			n := startNode(t, sharded(mode), redis.URL(), string(mode))
			n.awaitNodes(t, 1)
			channels := func() int {
				return len(strings.Fields(redis.Do("PUBSUB", "SHARDCHANNELS", string(mode)+"#*")))
			}
			s, _ := n.connect(t)
			s.Join("a", "b")
			want := 2 + 3*own
			if got := channels(); got != want {
				t.Errorf("%d channels, want %d", got, want)
			}
			s.Leave("a")
			eventually(t, "end of a channel", func() bool { return channels() == 2+2*own })
			s.Disconnect(true)
			eventually(t, "end of the socket's channels", func() bool { return channels() == 2 })
			n.Close(nil)
			eventually(t, "end of all channels", func() bool { return channels() == 0 })
		})
	}
}

// TestShardedJoinsAndLeaves has many rooms begin and end at a time: in the end the
// channels are those of the rooms that are left.
func TestShardedJoinsAndLeaves(t *testing.T) {
	redis := redistest.Start(t)
	n := startNode(t, sharded(adapter.SubscribeDynamic), redis.URL(), "")
	n.awaitNodes(t, 1)
	const sockets, rounds = 4, 100
	done := make(chan struct{}, sockets)
	for range sockets {
		s, _ := n.connect(t)
		go func() {
			defer func() { done <- struct{}{} }()
			for i := range rounds {
				room := socket.Room(fmt.Sprint("room ", i%3))
				s.Join(room)
				s.Leave(room)
			}
			s.Join("last")
		}()
	}
	for range sockets {
		<-done
	}
	eventually(t, "channels of what is left", func() bool {
		return len(strings.Split(redis.Do("PUBSUB", "SHARDCHANNELS"), "\n")) == 2+sockets+1
	})
}

func TestShardedAwayFromRedis(t *testing.T) {
	redis := redistest.Start(t)
	dynamic := sharded(adapter.SubscribeDynamic)
	here, there := startNode(t, dynamic, redis.URL(), ""), startNode(t, dynamic, redis.URL(), "")
	here.awaitNodes(t, 2)
	s, c1 := here.join(t, "r")
	redis.Stop()
	eventually(t, "loss", func() bool { return !here.cluster.State().Connected && !there.cluster.State().Connected })
	// Joins do not wait, and local clients get all.
	start := time.Now()
	for i := range 20 {
		s.Join(socket.Room(fmt.Sprint(i)))
	}
	if took := time.Since(start); took > joinAway {
		t.Errorf("joins without Redis took %s", took)
	}
	_ = here.To("r").Emit("away")
	awaitSent(t, c1, `2["away"]`)
	redis.Start()
	eventually(t, "return", func() bool { return here.cluster.State().Connected && there.cluster.State().Connected })
	for i := range 20 {
		_ = there.To(socket.Room(fmt.Sprint(i))).Emit("back", i)
	}
	want := []string{`2["away"]`}
	for i := range 20 {
		want = append(want, fmt.Sprintf(`2["back",%d]`, i))
	}
	awaitSent(t, c1, want...)

	// A subscriber that is cut off is back.
	redis.KillSubscribers()
	eventually(t, "loss of the subscriber", func() bool { return here.cluster.State().Lost == 2 && there.cluster.State().Lost == 2 })
	eventually(t, "return", func() bool { return here.cluster.State().Connected && there.cluster.State().Connected })
	here.awaitNodes(t, 2)
	_ = there.To("r").Emit("again")
	awaitSent(t, c1, append(want, `2["again"]`)...)
}

// TestShardedJoinThenEmit: who has joined gets what another node emits at once, whether
// by its own Join or as other nodes ask for it.
func TestShardedJoinThenEmit(t *testing.T) {
	redis := redistest.Start(t)
	dynamic := sharded(adapter.SubscribeDynamic)
	here, there := startNode(t, dynamic, redis.URL(), ""), startNode(t, dynamic, redis.URL(), "")
	here.awaitNodes(t, 2)
	s, c := there.join(t)
	var want []string
	for i := range 50 {
		own, asked := socket.Room(fmt.Sprint("own ", i)), socket.Room(fmt.Sprint("asked ", i))
		s.Join(own)
		_ = here.To(own).Emit("own", i)
		here.In(socket.Room(s.Id())).SocketsJoin(asked)
		_ = here.To(asked).Emit("asked", i)
		want = append(want, fmt.Sprintf(`2["own",%d]`, i), fmt.Sprintf(`2["asked",%d]`, i))
	}
	awaitSent(t, c, want...)
}

const joinAway = 500 * time.Millisecond

func TestShardedDropsWhatIsMalformed(t *testing.T) {
	redis := redistest.Start(t)
	n := startNode(t, sharded(adapter.SubscribeDynamic), redis.URL(), "")
	n.awaitNodes(t, 1)
	_, c := n.join(t)
	const good = `{"type":3,"data":{"packet":{"type":2,"data":["ok"]},"opts":{"rooms":[],"except":[],"flags":{}}},"uid":"a","nsp":"/"}`
	bad := []string{
		"", "{", "x", `{}`, `[]`, `{"type":"3","nsp":"/","uid":"a"}`, `{"type":99,"nsp":"/","uid":"a"}`,
		`{"type":3,"nsp":"/","uid":"a","data":{"packet":{"type":2,"data":[]}}}`,
		`{"type":3,"nsp":"/","uid":"a","data":{"packet":{"type":2,"data":["x"]},"opts":{"rooms":5}}}`,
		`{"type":4,"nsp":"/","uid":"a","data":{"opts":{},"rooms":[{}]}}`,
		`{"type":9,"nsp":"/","uid":"a","data":{"packet":{}}}`,
	}
	others := []string{`{"type":3}`, `{"type":2,"nsp":"/","uid":"a"}`, `{"type":3,"nsp":"/other","uid":"a","data":{}}`} // no one's, a heartbeat, another's
	for _, payload := range append(append(bad, others...), good) {
		redis.Do("SPUBLISH", "socket.io#/#", payload)
	}
	awaitSent(t, c, `2["ok"]`)
	if s := n.cluster.State(); s.Malformed != uint64(len(bad)) {
		t.Errorf("%d malformed, want %d", s.Malformed, len(bad))
	}
}
