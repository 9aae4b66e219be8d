package adapter_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

// binaryPacket is one that takes the other form in each protocol.
func binaryPacket() *parser.Packet {
	return &parser.Packet{Type: parser.EVENT, Data: []any{"message", map[string]any{"picture": []byte("0123456789")}}}
}

// nobodys are broadcasts that are for nobody of a node with one member of "room".
var nobodys = map[string]*socket.BroadcastOptions{
	"one room":      {Rooms: rooms("elsewhere")},
	"several rooms": {Rooms: rooms("elsewhere", "nowhere", "Köln")},
	"an exception":  {Rooms: rooms("elsewhere", "nowhere"), Except: rooms("room")},
	"flags":         {Rooms: rooms("elsewhere", "nowhere"), Flags: &socket.BroadcastFlags{WriteOptions: socket.WriteOptions{Volatile: true}}},
}

// somebodys are those that have to be read.
var somebodys = map[string]*socket.BroadcastOptions{
	"its room":         {Rooms: rooms("room")},
	"one of its rooms": {Rooms: rooms("elsewhere", "room")},
	"excepted":         {Rooms: rooms("elsewhere", "room"), Except: rooms("room")},
	"everyone":         {},
	"all but some":     {Except: rooms("elsewhere")},
}

// TestNobodyInTheRoom: what is for rooms that nobody of this node is in is not read: it
// costs no memory, but for what undoes the base64 of binary data in a stream.
func TestNobodyInTheRoom(t *testing.T) {
	redis := redistest.Start(t)
	for kind := range everyKind {
		a := newJoinedSinks(t, kind, redis.URL(), 1).adapter()
		for name, opts := range nobodys {
			if n := testing.AllocsPerRun(100, adapter.Remote(a, newsPacket(), opts)); n != 0 {
				t.Errorf("%s, %s: %v allocations", kind, name, n)
			}
			most := 0.0
			if kind == adapter.KindStreams {
				most = 2
			}
			if n := testing.AllocsPerRun(100, adapter.Remote(a, binaryPacket(), opts)); n > most {
				t.Errorf("%s, %s, binary: %v allocations", kind, name, n)
			}
		}
		for name, opts := range somebodys {
			if n := testing.AllocsPerRun(100, adapter.Remote(a, newsPacket(), opts)); n < 3 {
				t.Errorf("%s, %s: it was not read: %v allocations", kind, name, n)
			}
		}
	}
}

// TestNobodyAtAll: a node without clients reads no broadcast.
func TestNobodyAtAll(t *testing.T) {
	redis := redistest.Start(t)
	for kind := range everyKind {
		a := newJoinedSinks(t, kind, redis.URL(), 0).adapter()
		for name, opts := range somebodys {
			if n := testing.AllocsPerRun(100, adapter.Remote(a, newsPacket(), opts)); n != 0 {
				t.Errorf("%s, %s: %v allocations", kind, name, n)
			}
		}
	}
}

// TestNobodyIsCounted: a node that has nobody for a broadcast says so, where it is asked
// for answers, and where somebody is, all get it.
func TestNobodyIsCounted(t *testing.T) {
	redis := redistest.Start(t)
	for kind, make := range everyKind {
		t.Run(kind, func(t *testing.T) {
			asks := startNode(t, make, redis.URL(), kind)
			empty := startNode(t, make, redis.URL(), kind)
			other := startNode(t, make, redis.URL(), kind)
			asks.awaitNodes(t, 3)
			_, conn := empty.join(t, "room")
			_, others := other.join(t, "elsewhere", "nowhere", "7")
			for i, opts := range []*socket.BroadcastOptions{
				{Rooms: rooms("elsewhere")},
				{Rooms: rooms("elsewhere", "nowhere")},
				{Rooms: rooms("7", "8")},
			} {
				var mu sync.Mutex
				var counts []uint64
				asks.adapter().BroadcastWithAck(&parser.Packet{Type: parser.EVENT, Data: []any{fmt.Sprint(i)}}, opts,
					func(n uint64) {
						mu.Lock()
						defer mu.Unlock()
						counts = append(counts, n)
					}, func([]any, error) {})
				eventually(t, "the counts of three nodes", func() bool {
					mu.Lock()
					defer mu.Unlock()
					slices.Sort(counts)
					return slices.Equal(counts, []uint64{0, 0, 1})
				})
			}
			asks.adapter().Broadcast(&parser.Packet{Type: parser.EVENT, Data: []any{"x"}}, &socket.BroadcastOptions{Rooms: rooms("7", "8")})
			asks.adapter().Broadcast(&parser.Packet{Type: parser.EVENT, Data: []any{"end"}}, &socket.BroadcastOptions{Rooms: types.NewSet[socket.Room]()})
			awaitSent(t, conn, `2["end"]`)
			eventually(t, "all of it at the other", func() bool {
				sent := others.sent()
				return len(sent) == 5 && slices.Equal(sent[3:], []string{`2["x"]`, `2["end"]`})
			})
		})
	}
}

// TestShardedDynamicIsNotSent: in the modes in which rooms have channels, what is for a
// room that nobody of a node is in does not even come to it.
func TestShardedDynamicIsNotSent(t *testing.T) {
	redis := redistest.Start(t)
	for _, mode := range []adapter.SubscriptionMode{adapter.SubscribeDynamic, adapter.SubscribeDynamicPrivate, adapter.SubscribeStatic} {
		t.Run(string(mode), func(t *testing.T) {
			from := startNode(t, sharded(mode), redis.URL(), string(mode))
			to := startNode(t, sharded(mode), redis.URL(), string(mode))
			from.awaitNodes(t, 2)
			_, conn := to.join(t, "room")
			before := to.cluster.State().Received
			const other = 20
			for i := range other {
				from.adapter().Broadcast(&parser.Packet{Type: parser.EVENT, Data: []any{i}}, &socket.BroadcastOptions{Rooms: rooms("elsewhere")})
			}
			from.adapter().Broadcast(&parser.Packet{Type: parser.EVENT, Data: []any{"end"}}, &socket.BroadcastOptions{Rooms: rooms("room")})
			awaitSent(t, conn, `2["end"]`)
			want := uint64(1)
			if mode == adapter.SubscribeStatic {
				want += other
			}
			if got := to.cluster.State().Received - before; got != want {
				t.Errorf("%d messages came, want %d", got, want)
			}
		})
	}
}

// BenchmarkRemoteElsewhere has a broadcast of another node handled that nobody here is to
// get, as it names one room, or two.
func BenchmarkRemoteElsewhere(b *testing.B) {
	redis := redistest.Start(b)
	for kind := range everyKind {
		a := newJoinedSinks(b, kind, redis.URL(), 100).adapter()
		for _, name := range []string{"one room", "several rooms"} {
			b.Run(kind+"/"+name, func(b *testing.B) {
				handle := adapter.Remote(a, newsPacket(), nobodys[name])
				b.ReportAllocs()
				for b.Loop() {
					handle()
				}
			})
		}
	}
}
