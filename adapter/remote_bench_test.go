package adapter_test

import (
	"fmt"
	"log/slog"
	"testing"

	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

// everyKind are the adapters that join servers, by their names.
var everyKind = map[string]func(adapter.ClusterConfig) (*adapter.Cluster, error){
	adapter.KindClassic: adapter.Classic,
	adapter.KindSharded: func(cfg adapter.ClusterConfig) (*adapter.Cluster, error) {
		return adapter.Sharded(adapter.ShardedConfig{ClusterConfig: cfg})
	},
	adapter.KindStreams: func(cfg adapter.ClusterConfig) (*adapter.Cluster, error) {
		return adapter.Streams(adapter.StreamsConfig{ClusterConfig: cfg})
	},
}

// newJoinedSinks is a node with members of a room, whose connections take frames and do
// nothing with them.
func newJoinedSinks(t testing.TB, kind, url string, members int) *localServer {
	t.Helper()
	cluster, err := everyKind[kind](adapter.ClusterConfig{URL: url, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	s := newLocalServerWith(t, cluster)
	for range members {
		s.connectTo(t, sink{newPlainConn()}).Join("room")
	}
	return s
}

func newsPacket() *parser.Packet {
	return &parser.Packet{Type: parser.EVENT, Data: []any{"message", `{"message":"hello world"}`}}
}

// BenchmarkRemoteBroadcast has a broadcast of another node handled, from its bytes to the
// connections of a room, beside one of this node alone.
func BenchmarkRemoteBroadcast(b *testing.B) {
	redis := redistest.Start(b)
	for _, members := range []int{100, 1000} {
		for kind := range everyKind {
			b.Run(fmt.Sprintf("%s/%d", kind, members), func(b *testing.B) {
				a := newJoinedSinks(b, kind, redis.URL(), members).adapter()
				opts := &socket.BroadcastOptions{Rooms: rooms("room")}
				b.Run("remote", func(b *testing.B) {
					handle := adapter.Remote(a, newsPacket(), opts)
					b.ReportAllocs()
					for b.Loop() {
						handle()
					}
				})
				b.Run("local", func(b *testing.B) {
					opts := &socket.BroadcastOptions{Rooms: rooms("room"), Flags: &socket.BroadcastFlags{Local: true}}
					b.ReportAllocs()
					for b.Loop() {
						a.Broadcast(newsPacket(), opts)
					}
				})
			})
		}
	}
}

// TestRemoteBroadcastAllocations: reading a broadcast of another node costs so much once,
// and nothing for each that gets it.
func TestRemoteBroadcastAllocations(t *testing.T) {
	redis := redistest.Start(t)
	opts := &socket.BroadcastOptions{Rooms: rooms("room")}
	for kind := range everyKind {
		measure := func(members int) float64 {
			handle := adapter.Remote(newJoinedSinks(t, kind, redis.URL(), members).adapter(), newsPacket(), opts)
			return testing.AllocsPerRun(100, handle)
		}
		if one, many := measure(1), measure(300); many > one+2 {
			t.Errorf("%s: %v allocations for 300 receivers, %v for one", kind, many, one)
		}
	}
}
