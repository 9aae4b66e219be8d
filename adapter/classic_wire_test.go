package adapter_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/redis/rueidis"
	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

// stranger is a node that the test plays: it is subscribed to channels, and answers when it
// likes.
type stranger struct {
	mu  sync.Mutex
	got []string
}

func startStranger(t *testing.T, redis *redistest.Server, channels ...string) *stranger {
	t.Helper()
	return startStrangerOf(t, redis, false, channels...)
}

// startStrangerOf is startStranger for channels or shard channels.
func startStrangerOf(t *testing.T, redis *redistest.Server, shard bool, channels ...string) *stranger {
	t.Helper()
	client, err := adapter.Dial(t.Context(), adapter.DialConfig{URL: redis.URL()})
	if err != nil {
		t.Fatal(err)
	}
	s := &stranger{}
	over := make(chan struct{})
	subscribe, count := client.B().Subscribe().Channel(channels...).Build(), "NUMSUB"
	if shard {
		subscribe, count = client.B().Ssubscribe().Channel(channels...).Build(), "SHARDNUMSUB"
	}
	before := redis.Do("PUBSUB", count, channels[0])
	go func() {
		defer close(over)
		_ = client.Receive(t.Context(), subscribe, func(m rueidis.PubSubMessage) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.got = append(s.got, m.Message)
		})
	}()
	t.Cleanup(func() { client.Close(); <-over })
	eventually(t, "subscription of the stranger", func() bool { return redis.Do("PUBSUB", count, channels[0]) != before })
	return s
}

// next is the next message that came.
func (s *stranger) next(t *testing.T) string {
	t.Helper()
	var next string
	eventually(t, "message to the stranger", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.got) == 0 {
			return false
		}
		next, s.got = s.got[0], s.got[1:]
		return true
	})
	return next
}

// TestClassicOlderAnswers: what older nodes ask for is answered in their form.
func TestClassicOlderAnswers(t *testing.T) {
	redis := redistest.Start(t)
	s, _ := newClassic(t, redis.URL())
	client, _ := s.connect(t)
	client.Join("room")
	s.connect(t)
	asks := startStranger(t, redis, "socket.io-response#/#old#")
	for fields, want := range map[string]string{
		`"type":0,"rooms":["room"]`:                               `{"requestId":"r","sockets":["` + string(client.Id()) + `"]}`,
		`"type":0,"rooms":["none"]`:                               `{"requestId":"r","sockets":[]}`,
		`"type":2,"sid":"` + string(client.Id()) + `","room":"x"`: `{"requestId":"r"}`,
	} {
		redis.Publish("socket.io-request#/#", []byte(`{"uid":"old","requestId":"r",`+fields+`}`))
		if got := asks.next(t); got != want {
			t.Errorf("%s is answered with %s, want %s", fields, got, want)
		}
	}
}

// TestClassicTakesAnAnswerOnce: one that comes twice does not stand for another node's.
func TestClassicTakesAnAnswerOnce(t *testing.T) {
	redis := redistest.Start(t)
	s, _ := newClassic(t, redis.URL())
	one := startStranger(t, redis, "socket.io-request#/#")
	startStranger(t, redis, "socket.io-request#/#")
	done := newAnswer[[]*socket.RemoteSocket]()
	s.FetchSockets()(done.take)
	var request struct{ UID, RequestID string }
	if err := json.Unmarshal([]byte(one.next(t)), &request); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"a", "a", "b"} {
		redis.Publish("socket.io-response#/#"+request.UID+"#", fmt.Appendf(nil, `{"requestId":%q,"sockets":[{"id":%q,"handshake":{},"rooms":[],"data":{}}]}`, request.RequestID, id))
	}
	sockets, err := done.await(t)
	var ids []string
	for _, s := range sockets {
		ids = append(ids, string(s.Id()))
	}
	if slices.Sort(ids); !slices.Equal(ids, []string{"a", "b"}) || err != nil {
		t.Errorf("fetched %q, %v", ids, err)
	}
}

// goldenClassic are the messages that a node of Node was seen to publish, by what it did.
func goldenClassic(t *testing.T) map[string][]string {
	t.Helper()
	lines, err := os.ReadFile("adaptertest/testdata/golden.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	golden := map[string][]string{}
	for line := range bytes.Lines(lines) {
		var c struct {
			Suite, Label, Encoding string
			Args                   []any
		}
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		if c.Suite == "classic" && c.Encoding == "json" {
			golden[c.Label] = append(golden[c.Label], c.Args[1].(string))
		}
	}
	return golden
}

// goldenIDs are the ids in one of them.
func goldenIDs(t *testing.T, message string) (uid, request string) {
	t.Helper()
	var m struct{ UID, RequestID string }
	if err := json.Unmarshal([]byte(message), &m); err != nil {
		t.Fatal(err)
	}
	return m.UID, m.RequestID
}

// TestClassicRequestsAreNodes: byte for byte but for the ids.
func TestClassicRequestsAreNodes(t *testing.T) {
	redis := redistest.Start(t)
	golden := goldenClassic(t)
	s, _ := newClassic(t, redis.URL())
	other := startStranger(t, redis, "socket.io-request#/#")
	ack := func([]any, error) {}
	for label, do := range map[string]func(){
		"socketsJoin all":             func() { s.SocketsJoin("roomJ") },
		"socketsJoin in(room1) [a,b]": func() { s.In("room1").SocketsJoin("a", "b") },
		"socketsLeave in(room1)":      func() { s.In("room1").Except("zz").SocketsLeave("a") },
		"fetchSockets all":            func() { s.FetchSockets()(func([]*socket.RemoteSocket, error) {}) },
		"serverSideEmit no ack":       func() { _ = s.ServerSideEmit("hello", "world", 1, "2") },
		"serverSideEmit binary":       func() { _ = s.ServerSideEmit("hello", []byte{1, 2}) },
		"serverSideEmit with ack":     func() { _ = s.ServerSideEmit("hello2", ack) },
		"allRooms()": func() {
			go func() {
				_, _ = s.adapter().(interface {
					AllRooms(ctx context.Context) ([]socket.Room, error)
				}).AllRooms(t.Context())
			}()
		},
		"disconnectSockets in(room1) close": func() { s.In("room1").DisconnectSockets(true) },
	} {
		do()
		got, want := other.next(t), golden[label][0]
		uid, request := goldenIDs(t, got)
		wantUID, wantRequest := goldenIDs(t, want)
		same := strings.Replace(got, `"uid":"`+uid+`"`, `"uid":"`+wantUID+`"`, 1)
		same = strings.Replace(same, `"requestId":"`+request+`"`, `"requestId":"`+wantRequest+`"`, 1)
		if same != want {
			t.Errorf("%s:\n got %s\nwant %s", label, same, want)
		}
	}
}

// TestClassicAnswersAreNodes: byte for byte, where they do not tell of sockets.
func TestClassicAnswersAreNodes(t *testing.T) {
	redis := redistest.Start(t)
	golden := goldenClassic(t)
	s, _ := newClassic(t, redis.URL())
	for event, args := range map[string][]any{"hello2": {map[string]any{"x": 1}}, "hello3": nil} {
		if err := s.Sockets().On(event, func(given ...any) { given[len(given)-1].(socket.Ack)(args, nil) }); err != nil {
			t.Fatal(err)
		}
	}
	asks := startStranger(t, redis, "socket.io-response#/#")
	for _, label := range []string{"serverSideEmit with ack", "serverSideEmit with ack undefined"} {
		redis.Publish("socket.io-request#/#", []byte(golden[label][0]))
		if got, want := asks.next(t), golden[label][1]; got != want {
			t.Errorf("%s: %s, want %s", label, got, want)
		}
	}
	counted := golden["emit with ack no client"][0]
	_, request := goldenIDs(t, counted)
	asks = startStranger(t, redis, "socket.io-response#/#asks#")
	redis.Publish("socket.io-request#/#", fmt.Appendf(nil, `{"uid":"asks","requestId":%q,"type":7,"packet":{"type":2,"data":["e"],"nsp":"/"},"opts":{"rooms":[],"except":[],"flags":{}}}`, request))
	if got := asks.next(t); got != counted {
		t.Errorf("a count is %s, want %s", got, counted)
	}
}

// TestClassicTakesACountOnce, and an answer of a client.
func TestClassicTakesACountOnce(t *testing.T) {
	redis := redistest.Start(t)
	s, _ := newClassic(t, redis.URL())
	other := startStranger(t, redis, "socket.io-request#/#")
	var mu sync.Mutex
	var counts []uint64
	acks := make(chan []any, 10)
	s.adapter().BroadcastWithAck(&parser.Packet{Type: parser.EVENT, Data: []any{"e"}}, &socket.BroadcastOptions{Rooms: rooms()},
		func(n uint64) {
			mu.Lock()
			defer mu.Unlock()
			counts = append(counts, n)
		}, func(args []any, _ error) { acks <- args })
	request := regexp.MustCompile(`requestId.(......)`).FindStringSubmatch(other.next(t))[1]
	for _, answer := range []string{`"type":8,"clientCount":3`, `"type":9,"packet":"1"`, `"type":9,"packet":"2"`} {
		redis.Publish("socket.io-response#/#", fmt.Appendf(nil, `{"requestId":%q,%s}`, request, answer))
	}
	eventually(t, "two answers", func() bool { return len(acks) >= 2 })
	for _, want := range []string{"1", "2"} {
		if got := fmt.Sprint(<-acks); got != "["+want+"]" {
			t.Errorf("answer %s, want %s", got, want)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if !slices.Equal(counts, []uint64{0, 3}) {
		t.Errorf("counts %v", counts)
	}
}
