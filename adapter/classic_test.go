package adapter_test

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

func newClassic(t testing.TB, url string) (*localServer, *adapter.Cluster) {
	t.Helper()
	cluster, err := adapter.Classic(adapter.ClusterConfig{URL: url, RequestTimeout: 2 * time.Second, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return newLocalServerWith(t, cluster), cluster
}

// TestClassicUnderTheLibrary: it needs nothing of this project's engine and parser.
func TestClassicUnderTheLibrary(t *testing.T) {
	redis := redistest.Start(t)
	one, _ := newClassic(t, redis.URL())
	two, _ := newClassic(t, redis.URL())
	s, frames := two.connect(t)
	_, plain := two.connectPlain(t)
	s.Join("room")
	if err := one.To("room").Emit("in the room", 1); err != nil {
		t.Fatal(err)
	}
	one.Emit("to all", map[string]any{"a": []any{nil, "x"}})
	eventually(t, "messages of the other node", func() bool {
		return slices.Contains(frames.sent(), `2["in the room",1]`) && slices.Contains(frames.sent(), `2["to all",{"a":[null,"x"]}]`) &&
			slices.Contains(plain.sent(), `2["to all",{"a":[null,"x"]}]`)
	})
	if slices.Contains(plain.sent(), `2["in the room",1]`) {
		t.Error("a client got what was for a room it is not in")
	}
}

// TestClassicLeaves: the end of a namespace ends its subscriptions, that of the server
// its connections.
func TestClassicLeaves(t *testing.T) {
	redis := redistest.Start(t)
	s, cluster := newClassic(t, redis.URL())
	nsp := s.Of("/gone*", nil) // a name that is no pattern
	subscribed := func(channel string) bool {
		return redis.Do("PUBSUB", "NUMSUB", channel) == channel+"\n1"
	}
	if !subscribed("socket.io-request#/gone*#") || redis.Do("PUBSUB", "NUMPAT") != "2" {
		t.Error("the namespace is not subscribed when it is made")
	}
	nsp.Adapter().Close()
	nsp.Adapter().Close()
	eventually(t, "end of the namespace's subscriptions", func() bool {
		return !subscribed("socket.io-request#/gone*#") && redis.Do("PUBSUB", "NUMPAT") == "1"
	})
	if !subscribed("socket.io-request#/#") || !cluster.State().Connected {
		t.Error("another namespace went with it")
	}
	s.Close(nil)
	eventually(t, "end of all connections", func() bool { return !strings.Contains(redis.Do("CLIENT", "LIST"), "name=nudge") })
}

// TestClassicOlderRequests: single sockets are joined and asked for in the form that
// older nodes use, and answered.
func TestClassicOlderRequests(t *testing.T) {
	redis := redistest.Start(t)
	s, cluster := newClassic(t, redis.URL())
	client, _ := s.connect(t)
	in := func(room socket.Room) bool { return client.Rooms().Has(room) }
	request := func(fields string) {
		redis.Publish("socket.io-request#/#", []byte(`{"uid":"old","requestId":"r",`+fields+`}`))
	}
	request(`"type":2,"sid":"` + string(client.Id()) + `","room":7`)
	eventually(t, "join", func() bool { return in("7") })
	request(`"type":3,"sid":"` + string(client.Id()) + `","room":"7"`)
	eventually(t, "leave", func() bool { return !in("7") })
	request(`"type":0,"rooms":[]`)
	request(`"type":2,"sid":"nobody","room":"x"`)
	eventually(t, "four requests and three answers", func() bool { return cluster.State().Received == 4 && cluster.State().Published == 3 })
	if n := cluster.State().Malformed; n != 0 {
		t.Errorf("%d of them malformed", n)
	}
	request(`"type":4,"sid":"` + string(client.Id()) + `","close":true`)
	eventually(t, "disconnect", func() bool { return !client.Connected() })
}
