package adapter_test

import (
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

func debugLogger(to *lockedBuffer) *slog.Logger {
	return slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

var subscriptionLine = regexp.MustCompile(`msg=subscription .*event=[ps]?subscribe channel="?([^" \n]+)`)

// subscriptionsIn are the channels and patterns that a log says were subscribed to, in order.
func subscriptionsIn(log string) (channels []string) {
	for _, found := range subscriptionLine.FindAllStringSubmatch(log, -1) {
		channels = append(channels, found[1])
	}
	return channels
}

// TestVolatileCrossesTheCluster: so that the other node may drop it, too.
func TestVolatileCrossesTheCluster(t *testing.T) {
	redis := redistest.Start(t)
	for kind, make := range everyKind {
		t.Run(kind, func(t *testing.T) {
			one, two := startNode(t, make, redis.URL(), kind), startNode(t, make, redis.URL(), kind)
			one.awaitNodes(t, 2)
			_, c := two.join(t, "room")
			for i, emit := range []func(string, ...any) error{one.To("room").Emit, one.To("room").Volatile().Emit} {
				before := c.droppable()
				if err := emit("e", i); err != nil {
					t.Fatal(err)
				}
				eventually(t, "the event", func() bool { return len(c.sent()) == i+1 })
				if got := c.droppable() - before; got != i {
					t.Errorf("event %d may be dropped %d times", i, got)
				}
			}
		})
	}
}

// TestAskedLast: a node is subscribed to where it is counted, and asked, when it is to all
// else, at first and again.
func TestAskedLast(t *testing.T) {
	redis := redistest.Start(t)
	namespaces := []string{"/", "/b", "/c", "/d", "/e"}
	for kind, names := range map[string]struct {
		make func(adapter.ClusterConfig) (*adapter.Cluster, error)
		asks string // what the channels have in common, but for the namespace
	}{
		adapter.KindClassic: {adapter.Classic, "classic-request#%s#"},
		adapter.KindSharded: {everyKind[adapter.KindSharded], "sharded#%s#"},
	} {
		t.Run(kind, func(t *testing.T) {
			logs := &lockedBuffer{}
			cluster, err := names.make(adapter.ClusterConfig{URL: redis.URL(), Key: kind, Logger: debugLogger(logs)})
			if err != nil {
				t.Fatal(err)
			}
			s := newLocalServerWith(t, cluster)
			for _, nsp := range namespaces[1:] {
				s.Of(nsp, nil)
			}
			// asked are the namespaces that can be asked, by what is subscribed to so far.
			asked := func(log string) (can []string, late string) {
				for _, channel := range subscriptionsIn(log) {
					for _, nsp := range namespaces {
						switch {
						case channel == fmt.Sprintf(names.asks, nsp):
							can = append(can, nsp)
						case strings.Contains(channel, "#"+nsp+"#") && slices.Contains(can, nsp):
							late = channel
						}
					}
				}
				return can, late
			}
			check := func(when string, begin int) {
				t.Helper()
				eventually(t, "subscriptions of all namespaces", func() bool {
					can, _ := asked(logs.String()[begin:])
					return len(can) == len(namespaces)
				})
				if _, late := asked(logs.String()[begin:]); late != "" {
					t.Errorf("%s: %s comes when its namespace can be asked", when, late)
				}
			}
			eventually(t, "connection", func() bool { return cluster.State().Connects == 1 })
			check("at first", 0)
			begin := len(logs.String())
			connects := cluster.State().Connects
			redis.KillSubscribers()
			eventually(t, "new connection", func() bool { s := cluster.State(); return s.Connected && s.Connects > connects })
			check("again", begin)
		})
	}
}

// TestEndOfANamespace: it is subscribed to nothing any more, and the others are as ever.
func TestEndOfANamespace(t *testing.T) {
	redis := redistest.Start(t)
	for kind, make := range everyKind {
		t.Run(kind, func(t *testing.T) {
			n := startNode(t, make, redis.URL(), kind)
			gone := n.Of("/gone", nil)
			channels := func() int {
				all := redis.Do("PUBSUB", "CHANNELS", kind+"*") + "\n" + redis.Do("PUBSUB", "SHARDCHANNELS", kind+"*")
				return strings.Count(all, "/gone#")
			}
			if channels() == 0 {
				t.Fatal("it is subscribed to nothing")
			}
			gone.Adapter().Close()
			eventually(t, "end of its channels", func() bool { return channels() == 0 })
			n.awaitNodes(t, 1)
		})
	}
}
