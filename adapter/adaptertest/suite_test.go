package adaptertest

import (
	"slices"
	"testing"
	"time"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

// kind is a kind of adapter: what makes it here, and by what name and with what
// options a peer knows it.
type kind struct {
	name    string
	peer    string
	options map[string]any
	make    func(adapter.ClusterConfig) (*adapter.Cluster, error)
	// allRooms is whether it can ask for the rooms of all nodes.
	allRooms bool
	// lateRooms is whether a node of Node, which emits to a room that it has just had
	// sockets of others join, may be too early for them.
	lateRooms bool
	// recovery is whether sessions are restored.
	recovery bool
}

// kinds are all that pass the suite.
var kinds = []kind{
	{name: "classic", peer: "classic", make: adapter.Classic, allRooms: true},
	shardedKind(adapter.SubscribeDynamic),
	shardedKind(adapter.SubscribeDynamicPrivate),
	shardedKind(adapter.SubscribeStatic),
	{name: "streams", peer: "streams", make: streams(adapter.StreamsConfig{})},
	{
		name: "streams, sharded", peer: "streams", options: map[string]any{"streamCount": 3, "useShardedPubSub": true},
		make: streams(adapter.StreamsConfig{Count: 3, Sharded: true}),
	},
}

func streams(cfg adapter.StreamsConfig) func(adapter.ClusterConfig) (*adapter.Cluster, error) {
	return func(common adapter.ClusterConfig) (*adapter.Cluster, error) {
		own := cfg
		own.ClusterConfig = common
		return adapter.Streams(own)
	}
}

func shardedKind(mode adapter.SubscriptionMode) kind {
	return kind{
		name: "sharded, " + string(mode), peer: "sharded", options: map[string]any{"subscriptionMode": string(mode)},
		make: func(cfg adapter.ClusterConfig) (*adapter.Cluster, error) {
			return adapter.Sharded(adapter.ShardedConfig{ClusterConfig: cfg, Mode: mode})
		},
		lateRooms: mode != adapter.SubscribeStatic,
	}
}

// Names of rooms that are no plain ones: one as long as an id of a socket of Node, and
// one of other letters and of what channels are made with.
const (
	twenty = "a room of 20 letters"
	odd    = "räume/😀#{x}*[y]"
)

// setting is who acts and who is acted upon.
type setting struct {
	name         string
	actor, other func(t testing.TB, k kind, url, key string) node
	recorded     bool // on engines that record
}

var settings = []setting{
	{"Go and Go", startGo, startGo, false},
	{"Go and Node", startGo, startNode, false},
	{"Node and Go", startNode, startGo, false},
	{"recorded", startRecorded, startRecorded, true},
}

// crowd are clients, by their names.
type crowd interface {
	connect(t testing.TB, name, url string) (id string)
	join(t testing.TB, name, room string)
	// got is what a client has got so far: event and arguments of each.
	got(t testing.TB, name string) []any
	// forget has nothing be got so far.
	forget(t testing.TB)
	// closed is why a client's socket has ended, "" while it is there.
	closed(t testing.TB, name string) string
}

// cluster is two nodes with a client each, and one in /chat of the other.
type cluster struct {
	t            testing.TB
	redis        *redistest.Server
	kind         kind
	actor, other node
	clients      *peer
	recorded     recordedCrowd // in place of clients
	ids          map[string]string
}

func (c *cluster) crowd() crowd {
	if c.recorded != nil {
		return c.recorded
	}
	return peerCrowd{c.clients}
}

// TestSuite has every kind do everything of the adapter's interface, in every setting.
func TestSuite(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			redis := redistest.Start(t)
			for _, s := range settings {
				t.Run(s.name, func(t *testing.T) {
					key := "key " + s.name
					c := &cluster{t: t, redis: redis, kind: k, ids: map[string]string{}}
					if s.recorded {
						c.recorded = recordedCrowd{}
					} else {
						c.clients = startPeer(t)
					}
					c.actor, c.other = s.actor(t, k, redis.URL(), key), s.other(t, k, redis.URL(), key)
					eventually(t, "two nodes", func() bool { return c.actor.serverCount() == 2 && c.other.serverCount() == 2 })
					c.connect("a", c.actor.url())
					c.connect("b", c.other.url())
					c.connect("c", c.other.url())
					c.connect("chat", c.other.url()+"/chat")
					c.joinByClient("b", "room")
					for _, room := range []string{"123", twenty, odd} {
						c.joinByClient("b", room)
					}
					for _, part := range []struct {
						name string
						run  func(*testing.T, *cluster)
					}{
						{"broadcasts", testBroadcasts},
						{"acknowledgements", testAcknowledgements},
						{"fetchSockets", testFetchSockets},
						{"server side", testServerSide},
						{"rooms", testRooms},
						{"remote socket", testRemoteSocket},
						{"disconnects", testDisconnects},
					} {
						ok := t.Run(part.name, func(t *testing.T) {
							c.t = t
							part.run(t, c)
						})
						if !ok {
							return
						}
					}
				})
			}
		})
	}
}

func (c *cluster) connect(name, url string) {
	c.t.Helper()
	c.ids[name] = c.crowd().connect(c.t, name, url)
}

func (c *cluster) joinByClient(name, room string) {
	c.t.Helper()
	c.crowd().join(c.t, name, room)
}

func (c *cluster) got(name string) []any {
	c.t.Helper()
	return c.crowd().got(c.t, name)
}

func (c *cluster) forget() {
	c.t.Helper()
	c.crowd().forget(c.t)
}

// expect waits until each client has got what it should, in that order, and no more:
// the last emit of each part reaches all of them.
func (c *cluster) expect(want map[string][]any) {
	c.t.Helper()
	for name, list := range want {
		var got []any
		eventuallyOr(c.t, func() bool {
			got = c.got(name)
			return text(got) == text(conceal(list))
		}, func() { c.t.Errorf("%s got %s, want %s", name, text(got), text(conceal(list))) })
	}
	c.forget()
}

func eventuallyOr(t testing.TB, condition func() bool, otherwise func()) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			otherwise()
			return
		}
	}
}

func event(args ...any) []any { return args }

func testBroadcasts(_ *testing.T, c *cluster) {
	// The local one comes first: Node does not wait for Redis with it, as it does with others.
	c.actor.emit(target{local: true}, "local")
	c.actor.emit(target{}, "test", 1, "2", []byte{3, 4}, map[string]any{"é": []any{nil, true, 1.5}, "b": []byte{5}})
	c.actor.emit(target{rooms: []string{"room"}}, "room", "r")
	c.actor.emit(target{rooms: []string{"123"}}, "number", "r")
	c.actor.emit(target{rooms: []string{"nobody"}}, "nobody")
	c.actor.emit(target{rooms: []string{"room", c.ids["c"]}}, "two")
	c.actor.emit(target{rooms: []string{c.ids["c"]}}, "private")
	c.actor.emit(target{rooms: []string{twenty}}, "twenty")
	c.actor.emit(target{rooms: []string{odd}}, "odd")
	c.actor.emit(target{except: []string{"room"}}, "except")
	c.actor.emit(target{nsp: "/chat"}, "chat")
	c.actor.emit(target{}, "last")
	test := event("test", 1, "2", []byte{3, 4}, map[string]any{"é": []any{nil, true, 1.5}, "b": []byte{5}})
	c.expect(map[string][]any{
		"a":    {event("local"), test, event("except"), event("last")},
		"b":    {test, event("room", "r"), event("number", "r"), event("two"), event("twenty"), event("odd"), event("last")},
		"c":    {test, event("two"), event("private"), event("except"), event("last")},
		"chat": {event("chat")},
	})
}

func testAcknowledgements(t *testing.T, c *cluster) {
	for name, tt := range map[string]struct {
		to     target
		event  string
		args   []any
		want   []any // sorted as text
		failed bool
	}{
		"all":        {target{timeout: 5 * time.Second}, "ask", []any{"x", 2}, []any{"x", "x", "x"}, false},
		"binary":     {target{timeout: 5 * time.Second, rooms: []string{"room"}}, "ask", []any{[]byte{1}}, []any{[]byte{1}}, false},
		"no client":  {target{timeout: 5 * time.Second, rooms: []string{"nobody"}}, "ask", nil, []any{}, false},
		"other only": {target{timeout: 5 * time.Second, except: []string{c.ids["a"]}}, "ask", []any{1}, []any{1, 1}, false},
		"timeout":    {target{timeout: 300 * time.Millisecond}, "mute", nil, []any{}, true},
		// The library waits for all servers there are, whoever was sent to; so does Node.
		"local": {target{timeout: 300 * time.Millisecond, local: true}, "ask", []any{1}, []any{1}, true},
	} {
		got := c.actor.emitWithAck(tt.to, tt.event, tt.args...)
		if text(got.values) != text(conceal(tt.want)) || (got.err != "") != tt.failed {
			t.Errorf("%s: %s, %q, want %s", name, text(got.values), got.err, text(conceal(tt.want)))
		}
	}
	if got := c.actor.emitWithAck(target{timeout: 5 * time.Second, rooms: []string{"room"}}, "bare"); len(got.values) != 1 || got.err != "" {
		t.Errorf("bare: %s, %q", text(got.values), got.err)
	}
	c.forget()
}

func testFetchSockets(t *testing.T, c *cluster) {
	found := func(to target) (names []string, all map[string]foundSocket) {
		t.Helper()
		sockets, err := c.actor.fetch(to)
		if err != "" {
			t.Errorf("fetch: %s", err)
		}
		all = map[string]foundSocket{}
		for _, s := range sockets {
			names = append(names, s.Query)
			all[s.Query] = s
		}
		slices.Sort(names)
		return names, all
	}
	names, all := found(target{})
	if text(names) != `["a","b","c"]` {
		t.Errorf("all: %s", text(names))
	}
	b := all["b"]
	rooms := slices.Sorted(slices.Values(b.Rooms))
	wanted := slices.Sorted(slices.Values([]string{c.ids["b"], "room", "123", twenty, odd}))
	kind, _ := b.Data.(map[string]any)["kind"].(string)
	if b.ID != c.ids["b"] || !slices.Equal(rooms, wanted) || b.Address == "" || kind == "" {
		t.Errorf("b is %+v, want the rooms %q", b, wanted)
	}
	if names, _ := found(target{rooms: []string{"room"}}); text(names) != `["b"]` {
		t.Errorf("in room: %s", text(names))
	}
	if names, _ := found(target{except: []string{"room"}}); text(names) != `["a","c"]` {
		t.Errorf("except room: %s", text(names))
	}
	if names, _ := found(target{local: true}); text(names) != `["a"]` {
		t.Errorf("local: %s", text(names))
	}
	if names, _ := found(target{nsp: "/chat"}); text(names) != `["chat"]` {
		t.Errorf("of /chat: %s", text(names))
	}
}

func testServerSide(t *testing.T, c *cluster) {
	c.actor.serverSideEmit("hello", "world", 1, map[string]any{"a": []any{"b"}})
	c.actor.serverSideEmit("plain")
	want := text([]any{[]any{"/", "hello", "world", 1, map[string]any{"a": []any{"b"}}}, []any{"/", "plain"}})
	eventuallyOr(t, func() bool { return text(c.other.heard()) == want }, func() { t.Errorf("heard %s, want %s", text(c.other.heard()), want) })
	if own := c.actor.heard(); len(own) != 0 {
		t.Errorf("it heard itself: %s", text(own))
	}
	got := c.actor.serverSideEmitWithAck("ask", "x", 1)
	if len(got.values) != 1 || got.err != "" || text(got.values[0].(map[string]any)["got"]) != `["x",1]` {
		t.Errorf("ask: %s, %q", text(got.values), got.err)
	}
	if got := c.actor.serverSideEmitWithAck("silent"); len(got.values) != 0 || got.err == "" {
		t.Errorf("silent: %s, %q", text(got.values), got.err)
	}
	if n := c.actor.serverCount(); n != 2 {
		t.Errorf("%d servers", n)
	}
}

func testRooms(t *testing.T, c *cluster) {
	c.actor.join(target{}, "j1", "j2")
	c.actor.leave(target{rooms: []string{"room"}}, "j2")
	if _, byNode := c.actor.(*nodeServer); byNode && c.kind.lateRooms {
		eventually(t, "sockets in the room", func() bool {
			sockets, _ := c.actor.fetch(target{rooms: []string{"j1"}})
			return len(sockets) == 3
		})
	}
	c.actor.emit(target{rooms: []string{"j1"}}, "j1")
	c.actor.emit(target{}, "last")
	// A server of Node gets its own requests back from Redis, and joins its own
	// sockets when it does: too late for an emit that follows at once.
	c.expect(map[string][]any{"b": {event("j1"), event("last")}, "c": {event("j1"), event("last")}})
	eventually(t, "the actor's own socket in the room", func() bool {
		sockets, _ := c.actor.fetch(target{rooms: []string{"j2"}})
		return len(sockets) == 2
	})
	if !c.kind.allRooms {
		return
	}
	rooms := slices.Sorted(slices.Values(c.actor.allRooms()))
	wanted := slices.Sorted(slices.Values([]string{"j1", "j2", "room", "123", twenty, odd, c.ids["a"], c.ids["b"], c.ids["c"]}))
	if !slices.Equal(rooms, wanted) {
		t.Errorf("all rooms %q, want %q", rooms, wanted)
	}
}

func testRemoteSocket(t *testing.T, c *cluster) {
	// What a remote socket does is a broadcast to the room of its id; its answer is one.
	switch actor := c.actor.(type) {
	case *goServer:
		got := actor.answerOfRemote(c.ids["b"], "ask", "one", 2)
		want := `["one",2]`
		if _, remote := c.other.(*nodeServer); remote {
			want = `["one"]` // Node hands on the first argument
		}
		if text(got.values) != want && text(got.values) != `["one"]` || got.err != "" {
			t.Errorf("%s, %q, want %s", text(got.values), got.err, want)
		}
		if got := actor.answerOfRemote(c.ids["b"], "mute"); got.err == "" {
			t.Errorf("mute: %s", text(got.values))
		}
	case *nodeServer:
		var got any
		actor.run(`const [s] = await on.io.in(id).fetchSockets(); return s.timeout(5000).emitWithAck("ask", "one", 2)`, with{"id": c.ids["b"]}, &got)
		if text(got) != `"one"` {
			t.Errorf("%s", text(got))
		}
	}
	c.forget()
}

func testDisconnects(t *testing.T, c *cluster) {
	c.actor.disconnect(target{rooms: []string{"room"}}, false)
	c.actor.disconnect(target{rooms: []string{c.ids["c"]}}, true)
	for _, name := range []string{"b", "c"} {
		var why string
		eventuallyOr(t, func() bool {
			why = c.crowd().closed(t, name)
			return why == "io server disconnect"
		}, func() { t.Errorf("%s: closed by %q", name, why) })
	}
	c.actor.emit(target{}, "still here")
	c.expect(map[string][]any{"a": {event("still here")}, "b": {}, "c": {}})
}
