package adapter_test

import (
	"fmt"
	"testing"

	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"
)

// sink is a connection that takes frames and does nothing with them.
type sink struct{ *plainConn }

func (sink) WriteFrames([]byte, bool, bool) {}

func newSinks(t testing.TB, members int) *localServer {
	t.Helper()
	s := newLocalServer(t)
	for range members {
		s.connectTo(t, sink{newPlainConn()}).Join("room")
	}
	return s
}

func broadcastTo(a socket.Adapter, opts *socket.BroadcastOptions) {
	a.Broadcast(&parser.Packet{Type: parser.EVENT, Data: []any{"message", `{"message":"hello world"}`}}, opts)
}

func BenchmarkBroadcast(b *testing.B) {
	for _, members := range []int{1, 1000} {
		for name, opts := range map[string]*socket.BroadcastOptions{
			"all":    {},
			"room":   {Rooms: rooms("room")},
			"except": {Rooms: rooms("room"), Except: rooms("nobody")},
		} {
			b.Run(fmt.Sprintf("%s/%d", name, members), func(b *testing.B) {
				a := newSinks(b, members).adapter()
				b.ReportAllocs()
				for b.Loop() {
					broadcastTo(a, opts)
				}
			})
		}
	}
}

// TestBroadcastAllocations holds that a broadcast costs no allocation per
// receiver.
func TestBroadcastAllocations(t *testing.T) {
	for name, opts := range map[string]*socket.BroadcastOptions{
		"all":    {},
		"room":   {Rooms: rooms("room")},
		"except": {Rooms: rooms("room"), Except: rooms("nobody")},
	} {
		measure := func(members int) float64 {
			a := newSinks(t, members).adapter()
			return testing.AllocsPerRun(100, func() { broadcastTo(a, opts) })
		}
		if one, many := measure(1), measure(300); many > one+2 {
			t.Errorf("%s: %v allocations for 300 receivers, %v for one", name, many, one)
		}
	}
}
