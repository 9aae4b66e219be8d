package adapter_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
	"nudge/adapter/notepack"
)

// wireKind is a kind of adapter as one knows it who speaks to it through Redis alone.
type wireKind struct {
	name     string
	make     func(adapter.ClusterConfig) (*adapter.Cluster, error)
	shard    bool   // by sharded pub/sub
	requests string // the channel of requests
	answers  string // that of answers has the id of the node that asked and "#" behind
	answer   func(id, from, kind, fields string) string
	packed   bool // messages are msgpack
	// anonymous is whether answers do not say whose they are.
	anonymous bool
	// The kinds of answers: how many clients have got a broadcast, what one of them
	// answers, what fetchSockets finds, and what a handler of a server answers.
	count, ack, fetched, event int
}

// wireKinds are all kinds, with the key "socket.io".
var wireKinds = []wireKind{
	{
		name: "classic", make: adapter.Classic,
		requests: "socket.io-request#/#", answers: "socket.io-response#/#",
		answer: func(id, _, kind, fields string) string {
			return object(`"requestId":"`+id+`"`, kind, fields)
		},
		anonymous: true, count: 8, ack: 9, fetched: 5, event: 6,
	},
	exchangeKind("sharded, dynamic", sharded(adapter.SubscribeDynamic), true, false),
	exchangeKind("sharded, dynamic-private", sharded(adapter.SubscribeDynamicPrivate), true, false),
	exchangeKind("sharded, static", sharded(adapter.SubscribeStatic), true, false),
	exchangeKind("streams", streams, false, true),
	exchangeKind("streams, sharded", func(cfg adapter.ClusterConfig) (*adapter.Cluster, error) {
		return adapter.Streams(adapter.StreamsConfig{ClusterConfig: cfg, Sharded: true})
	}, true, true),
}

func exchangeKind(name string, make func(adapter.ClusterConfig) (*adapter.Cluster, error), shard, packed bool) wireKind {
	return wireKind{
		name: name, make: make, shard: shard, packed: packed,
		requests: "socket.io#/#", answers: "socket.io#/#",
		answer: func(id, from, kind, fields string) string {
			return object(kind, `"uid":"`+from+`"`, `"nsp":"/"`, `"data":`+object(`"requestId":"`+id+`"`, fields))
		},
		count: 11, ack: 12, fetched: 8, event: 10,
	}
}

// object is the JSON of one with members, those that are "" left out.
func object(members ...string) string {
	members = slices.DeleteFunc(members, func(member string) bool { return member == "" })
	return "{" + strings.Join(members, ",") + "}"
}

// scripted is a node that hears what is asked, and says what a test has it say.
type scripted struct {
	wireKind
	*stranger
	redis *redistest.Server
}

func startScripted(t *testing.T, k wireKind, redis *redistest.Server) *scripted {
	t.Helper()
	return &scripted{k, startStrangerOf(t, redis, k.shard, k.requests), redis}
}

// request is one of a node that expects answers.
type request struct{ node, id string }

// Both are found in JSON and in msgpack, where up to three bytes that are none of an id
// stand before a string.
var (
	askedBy = regexp.MustCompile(`uid[^-\w]+([-\w]+)`)
	askedAs = regexp.MustCompile(`requestId[^-\w]+([-\w]+)`)
)

// asked is the next request that expects answers.
func (s *scripted) asked(t *testing.T) request {
	t.Helper()
	for {
		message := s.next(t)
		if id := askedAs.FindStringSubmatch(message); id != nil {
			return request{node: askedBy.FindStringSubmatch(message)[1], id: id[1]}
		}
	}
}

// say has a node answer: kind is the member that says the kind of answer, and fields are
// those of its data, as JSON.
func (s *scripted) say(t *testing.T, q request, from, kind, fields string) {
	t.Helper()
	s.send(t, s.answers+q.node+"#", s.answer(q.id, from, kind, fields))
}

// beat has a node be heard of, as those that count each other by heartbeats do.
func (s *scripted) beat(t *testing.T, from string) {
	t.Helper()
	s.send(t, s.requests, object(`"type":2`, `"uid":"`+from+`"`, `"nsp":"/"`))
}

func (s *scripted) send(t *testing.T, channel, text string) {
	t.Helper()
	message := []byte(text)
	if s.packed {
		message = packJSON(t, message)
	}
	publish := "PUBLISH"
	if s.shard {
		publish = "SPUBLISH"
	}
	s.redis.Do(publish, channel, string(message))
}

// typed is the member that says a kind.
func typed(kind int) string { return fmt.Sprintf(`"type":%d`, kind) }

// packJSON is a JSON text as msgpack.
func packJSON(t *testing.T, text []byte) []byte {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return packValue(nil, v)
}

func packValue(dst []byte, v any) []byte {
	switch v := v.(type) {
	case bool:
		return notepack.AppendBool(dst, v)
	case float64:
		return notepack.AppendNumber(dst, v)
	case string:
		return notepack.AppendString(dst, v)
	case []any:
		dst = notepack.AppendArray(dst, len(v))
		for _, element := range v {
			dst = packValue(dst, element)
		}
		return dst
	case map[string]any:
		dst = notepack.AppendMap(dst, len(v))
		for key, value := range v {
			dst = packValue(notepack.AppendString(dst, key), value)
		}
		return dst
	}
	return notepack.AppendNil(dst)
}
