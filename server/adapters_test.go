package server

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

func TestAdapterConfig(t *testing.T) {
	for name, tt := range map[string]struct {
		cfg  Config
		want string
	}{
		"unknown":       {Config{Adapter: "ring", RedisURL: "redis://127.0.0.1:1"}, `"ring": want one of ["classic" "sharded" "streams" "none"]`},
		"recovery":      {Config{Recovery: 1, RedisURL: "redis://127.0.0.1:1"}, `with recovery: "classic": want "streams"`},
		"without Redis": {Config{Adapter: AdapterClassic}, `without Redis: "classic"`},
	} {
		if _, err := New(tt.cfg); !errors.Is(err, ErrAdapter) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAdapterJoinsServers: what one server's IO sends reaches the clients of the other,
// and a chat message reaches each client once, though both could carry it.
func TestAdapterJoinsServers(t *testing.T) {
	for kind, want := range map[string]string{"": "classic", AdapterSharded: "sharded", AdapterStreams: "streams"} {
		t.Run(want, func(t *testing.T) { testAdapterJoinsServers(t, kind, want) })
	}
}

func testAdapterJoinsServers(t *testing.T, kind, want string) {
	redis := redistest.Start(t)
	cfg := Config{RedisURL: redis.URL(), Adapter: kind}
	one, two := start(t, cfg), start(t, cfg)
	for _, s := range []*testServer{one, two} {
		eventually(t, "readiness", func() bool { status, _ := s.readyz(); return status == 200 })
	}
	c := two.connect()
	one.IO().Emit("news", 1)
	if got := c.Read(); got != `42["news",1]` {
		t.Errorf("got %q", got)
	}
	c.Send(`42["event:message",{"message":"x"}]`)
	if got := c.Read(); !strings.HasPrefix(got, `42["message",`) {
		t.Errorf("got %q", got)
	}
	two.IO().Emit("last")
	if got := c.Read(); got != `42["last"]` {
		t.Errorf("got %q", got)
	}
	_, state := one.readyz()
	if s := state.Cluster; s == nil || s.Kind != want || s.Key != "socket.io" || !s.Connected || s.Counts["published"] != 1 {
		t.Errorf("the cluster is %+v", s)
	}
}

// TestAdapterAllRooms: the rooms of all servers can be asked for where the adapter can
// ask, and else the answer is an error.
func TestAdapterAllRooms(t *testing.T) {
	redis := redistest.Start(t)
	cfg := Config{RedisURL: redis.URL()}
	one, two := start(t, cfg), start(t, cfg)
	for _, s := range []*testServer{one, two} {
		eventually(t, "readiness", func() bool { status, _ := s.readyz(); return status == 200 })
	}
	two.connect()
	two.IO().SocketsJoin("room")
	rooms := func(s *testServer) ([]socket.Room, error) {
		all, ok := s.IO().Sockets().Adapter().(interface {
			AllRooms(ctx context.Context) ([]socket.Room, error)
		})
		if !ok {
			t.Fatal("the adapter has no AllRooms")
		}
		return all.AllRooms(t.Context())
	}
	if all, err := rooms(one); err != nil || !slices.Contains(all, "room") {
		t.Errorf("%v, %v", all, err)
	}
	if all, err := rooms(start(t, Config{})); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("%v, %v of a server that stands alone", all, err)
	}
}

// TestAdapterCountsAreTold: what the adapter counts is in the body of /readyz, all of it.
func TestAdapterCountsAreTold(t *testing.T) {
	counts := 0
	for field := range reflect.TypeFor[adapter.ClusterState]().Fields() {
		if field.Type.Kind() == reflect.Uint64 {
			counts++
		}
	}
	s := start(t, Config{RedisURL: redistest.Start(t).URL()})
	if _, state := s.readyz(); counts == 0 || len(state.Cluster.Counts) != counts {
		t.Errorf("%d counts are told, there are %d: %v", len(state.Cluster.Counts), counts, state.Cluster.Counts)
	}
}

// TestAdapterPayload: what is longer than AdapterPayload does not leave, and is counted.
func TestAdapterPayload(t *testing.T) {
	s := start(t, Config{RedisURL: redistest.Start(t).URL(), AdapterPayload: 1000})
	s.IO().Emit("news", strings.Repeat("x", 500))
	if _, state := s.readyz(); state.Cluster.Counts["too_large"] != 0 {
		t.Errorf("what may leave is counted: %v", state.Cluster.Counts)
	}
	s.IO().Emit("news", strings.Repeat("x", 1000))
	if _, state := s.readyz(); state.Cluster.Counts["too_large"] != 1 {
		t.Errorf("%v", state.Cluster.Counts)
	}
}

// TestAdapterNone: with none, IO is this process's alone.
func TestAdapterNone(t *testing.T) {
	redis := redistest.Start(t)
	one, two := start(t, Config{RedisURL: redis.URL(), Adapter: AdapterNone}), start(t, Config{RedisURL: redis.URL()})
	eventually(t, "readiness", func() bool { status, _ := two.readyz(); return status == 200 })
	if _, state := one.readyz(); state.Cluster != nil {
		t.Errorf("the cluster is %+v", state.Cluster)
	}
	if n := redis.Do("PUBSUB", "NUMSUB", "socket.io-request#/#"); n != "socket.io-request#/#\n1" {
		t.Errorf("subscribed: %q", n)
	}
}

// TestAdapterTellsTheTruth: a server that is cut off says so, and its own clients get
// what its IO sends all the same.
func TestAdapterTellsTheTruth(t *testing.T) {
	redis := redistest.New(t)
	s := start(t, Config{RedisURL: redis.URL()})
	c := s.connect()
	s.IO().Emit("news", 1)
	if got := c.Read(); got != `42["news",1]` {
		t.Errorf("got %q", got)
	}
	status, state := s.readyz()
	if status != 503 || state.Cluster.Connected || state.Cluster.Queued != 1 {
		t.Errorf("%d, %+v", status, state.Cluster)
	}
	redis.Start()
	eventually(t, "readiness", func() bool { status, _ := s.readyz(); return status == 200 })
}
