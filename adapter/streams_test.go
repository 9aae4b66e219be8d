package adapter_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

func streams(cfg adapter.ClusterConfig) (*adapter.Cluster, error) {
	return adapter.Streams(adapter.StreamsConfig{ClusterConfig: cfg})
}

func TestStreamsConfig(t *testing.T) {
	for _, cfg := range []adapter.StreamsConfig{{Count: -1}, {MaxLen: -1}, {Count: 1 << 20}} {
		if _, err := adapter.Streams(cfg); err == nil || !strings.Contains(err.Error(), "StreamsConfig.") {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}

// TestStreamsLoseNothing emits all the time while Redis is hurt: the other node's
// client gets each message once, in order.
func TestStreamsLoseNothing(t *testing.T) {
	const each, pace = 1000, time.Millisecond
	for name, hurt := range map[string]func(*redistest.Server, *redistest.Proxy){
		"restart": func(r *redistest.Server, _ *redistest.Proxy) { r.Restart() },
		"killed":  func(r *redistest.Server, _ *redistest.Proxy) { r.Kill(); r.Start() },
		"frozen": func(r *redistest.Server, _ *redistest.Proxy) {
			r.Pause()
			time.Sleep(5 * time.Second) // longer than an answer may take
			r.Resume()
		},
		"connections killed": func(r *redistest.Server, _ *redistest.Proxy) {
			for range 20 {
				r.Do("CLIENT", "KILL", "TYPE", "normal")
				r.KillSubscribers()
				time.Sleep(20 * time.Millisecond)
			}
		},
		"black hole": func(_ *redistest.Server, p *redistest.Proxy) {
			p.BlackHole()
			time.Sleep(5 * time.Second)
			p.Heal()
		},
		"connections cut": func(_ *redistest.Server, p *redistest.Proxy) {
			for range 20 {
				p.Cut()
				time.Sleep(20 * time.Millisecond)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of it is waiting
			redis := redistest.Start(t, redistest.Durable()...)
			proxy := redistest.StartProxy(t, redis)
			here, there := startNode(t, streams, proxy.URL(), ""), startNode(t, streams, proxy.URL(), "")
			here.awaitNodes(t, 2)
			_, own := here.join(t, "r")
			_, c := there.join(t, "r")
			done := make(chan struct{})
			go func() {
				defer close(done)
				for i := range each {
					_ = here.To("r").Emit("n", i)
					time.Sleep(pace) // its load
				}
			}()
			hurt(redis, proxy)
			<-done
			if n := len(own.sent()); n != each {
				t.Errorf("the local client got %d of %d", n, each)
			}
			eventually(t, "all messages", func() bool { return len(c.sent()) >= each })
			for i, got := range c.sent() {
				if want := fmt.Sprintf(`2["n",%d]`, i); got != want {
					t.Fatalf("got %s in place of %s", got, want)
				}
			}
			eventually(t, "answers of Redis", func() bool { return here.cluster.State().Published == each })
			s, o := here.cluster.State(), there.cluster.State()
			if s.Unknown+s.Expired+s.Unavailable+s.Refused+s.LostEntries+o.Gaps != 0 {
				t.Errorf("%+v\n%+v", s, o)
			}
			eventually(t, "return", func() bool { return here.cluster.State().Connected && there.cluster.State().Connected })
		})
	}
}

// TestStreamsCountAGap: a node that is back when the stream has no more all that it has
// missed counts that, and gets what is left.
func TestStreamsCountAGap(t *testing.T) {
	for name, tt := range map[string]struct {
		left string // of the stream, when the node is back
		gaps uint64
		want []string
	}{
		"all is left":      {"4", 0, []string{`2["n",0]`, `2["n",1]`, `2["n",2]`, `2["n",3]`}},
		"the last is left": {"1", 1, []string{`2["n",0]`, `2["n",3]`}},
	} {
		t.Run(name, func(t *testing.T) {
			redis := redistest.Start(t)
			proxy := redistest.StartProxy(t, redis)
			here, there := startNode(t, streams, redis.URL(), ""), startNode(t, streams, proxy.URL(), "")
			here.awaitNodes(t, 2)
			_, c := there.join(t, "r")
			_ = here.Emit("n", 0)
			awaitSent(t, c, tt.want[0])
			proxy.BlackHole()
			for i := range 3 {
				_ = here.Emit("n", i+1)
			}
			eventually(t, "entries", func() bool { return redis.Do("XLEN", "socket.io") == "4" })
			redis.Do("XTRIM", "socket.io", "MAXLEN", tt.left)
			proxy.Cut()
			proxy.Heal()
			awaitSent(t, c, tt.want...)
			if n := there.cluster.State().Gaps; n != tt.gaps {
				t.Errorf("%d gaps are counted, want %d", n, tt.gaps)
			}
		})
	}
}

// TestStreamsCountWhatIsLost: a Redis that forgets.
func TestStreamsCountWhatIsLost(t *testing.T) {
	redis := redistest.Start(t)
	here, there := startNode(t, streams, redis.URL(), ""), startNode(t, streams, redis.URL(), "")
	here.awaitNodes(t, 2)
	_, c := there.join(t, "r")
	for i := range 3 {
		_ = here.Emit("before", i)
	}
	awaitSent(t, c, `2["before",0]`, `2["before",1]`, `2["before",2]`)
	redis.Restart()
	eventually(t, "return", func() bool {
		s, o := here.cluster.State(), there.cluster.State()
		return s.Connected && o.Connected && s.Lost > 0 && o.Lost > 0
	})
	_ = here.Emit("after")
	awaitSent(t, c, `2["before",0]`, `2["before",1]`, `2["before",2]`, `2["after"]`)
	if s := here.cluster.State(); s.LostEntries != 3 {
		t.Errorf("%d entries are known to be lost, want all three", s.LostEntries)
	}
}

// TestStreamsDoNotCountWhatWasCutOff: entries that the stream's bound has cut off, as it is
// to do, are not taken for lost when the server is another one; those behind are.
func TestStreamsDoNotCountWhatWasCutOff(t *testing.T) {
	redis := redistest.Start(t, redistest.Durable()...)
	here := startNode(t, streams, redis.URL(), "")
	here.awaitNodes(t, 1)
	_, c := here.join(t)
	var want []string
	emit := func(n int) {
		for range n {
			i := len(want)
			_ = here.Emit("n", i)
			want = append(want, fmt.Sprintf(`2["n",%d]`, i))
		}
		awaitSent(t, c, want...)
		eventually(t, "answers of Redis", func() bool { return here.cluster.State().Published == uint64(len(want)) })
	}
	restart := func() {
		lost := here.cluster.State().Lost
		redis.Restart()
		eventually(t, "return", func() bool { s := here.cluster.State(); return s.Connected && s.Lost > lost })
	}
	emit(20)
	redis.Do("XTRIM", "socket.io", "MAXLEN", "5")
	restart()
	emit(1) // the session that sends it has looked for those before
	if s := here.cluster.State(); s.LostEntries != 0 {
		t.Errorf("%d entries are taken for lost, and were cut off", s.LostEntries)
	}

	// A stream that is lost whole and begun anew by another node was not cut off.
	redis.Do("DEL", "socket.io")
	redis.Do("XADD", "socket.io", "*", "other", "thing")
	restart()
	emit(1)
	if s := here.cluster.State(); s.LostEntries != 1 {
		t.Errorf("%d entries are known to be lost, want the one emitted since the server was another", s.LostEntries)
	}

	emit(20)
	redis.Do("XTRIM", "socket.io", "MAXLEN", "10")
	last := redis.Do("XREVRANGE", "socket.io", "+", "-", "COUNT", "1")
	redis.Do("XDEL", "socket.io", strings.Fields(last)[0]) // as a replica that did not have it
	restart()
	emit(1)
	if s := here.cluster.State(); s.LostEntries != 2 {
		t.Errorf("%d entries are known to be lost, want the last, too", s.LostEntries)
	}
}

// TestStreamsAreBounded: a stream holds about as many entries as it is to, however many are
// added. Redis cuts off whole nodes of its tree alone.
func TestStreamsAreBounded(t *testing.T) {
	const most, node, added = 100, 10, 1000
	redis := redistest.Start(t, "--stream-node-max-entries", strconv.Itoa(node))
	n := startNode(t, func(cfg adapter.ClusterConfig) (*adapter.Cluster, error) {
		return adapter.Streams(adapter.StreamsConfig{ClusterConfig: cfg, MaxLen: most})
	}, redis.URL(), "")
	n.awaitNodes(t, 1)
	for i := range added {
		_ = n.Emit("n", i)
	}
	eventually(t, "answers of Redis", func() bool { return n.cluster.State().Published == added })
	if length, err := strconv.Atoi(redis.Do("XLEN", "socket.io")); length < most || length > most+node || err != nil {
		t.Errorf("the stream holds %d entries of %d, want %d or a few more, %v", length, added, most, err)
	}
}

func TestStreamsDropWhatIsMalformed(t *testing.T) {
	redis := redistest.Start(t)
	n := startNode(t, streams, redis.URL(), "")
	n.awaitNodes(t, 1)
	_, c := n.join(t)
	bad := [][2]string{{"x", "{}"}, {"99", "{}"}, {"3", "{"}, {"3", "?"}, {"3", "AAAA"}, {"3", `{"packet":1}`}, {"4", `{"opts":1}`}}
	for _, e := range bad {
		redis.Do("XADD", "socket.io", "*", "uid", "a", "nsp", "/", "type", e[0], "data", e[1])
	}
	redis.Do("XADD", "socket.io", "*", "uid", "a", "nsp", "/other", "type", "x")
	redis.Do("XADD", "socket.io", "*", "other", "thing")
	redis.Do("XADD", "socket.io", "*", "uid", "a", "nsp", "/", "type", "3", "data", `{"packet":{"type":2,"data":["ok"]},"opts":{"rooms":[],"except":[],"flags":{}}}`)
	awaitSent(t, c, `2["ok"]`)
	if s := n.cluster.State(); s.Malformed != uint64(len(bad)) {
		t.Errorf("%d malformed, want %d", s.Malformed, len(bad))
	}
}

// TestStreamsDropWhatIsMalformedByPubSub: what goes by the channel is msgpack.
func TestStreamsDropWhatIsMalformedByPubSub(t *testing.T) {
	redis := redistest.Start(t)
	n := startNode(t, streams, redis.URL(), "")
	n.awaitNodes(t, 1)
	_, c := n.join(t)
	publish := func(message string) { redis.Publish("socket.io#/#", []byte(message)) }
	packed := func(message string) string { return string(packJSON(t, []byte(message))) }
	const good = `{"type":3,"data":{"packet":{"type":2,"data":["ok"]},"opts":{"rooms":[],"except":[],"flags":{}}},"uid":"a","nsp":"/"}`
	bad := []string{
		"", "x", "garbage", good, "\xc1", "\x80", "\x93", "\xdd\xff\xff\xff\xff", packed(good) + "trailing",
		packed(`[]`), packed(`{"type":"3","nsp":"/","uid":"a"}`), packed(`{"type":99,"nsp":"/","uid":"a"}`),
		packed(`{"type":3,"nsp":"/","uid":"a","data":[]}`),
		packed(`{"type":3,"nsp":"/","uid":"a","data":{"packet":{"type":2,"data":[]}}}`),
		packed(`{"type":4,"nsp":"/","uid":"a","data":{"opts":{},"rooms":[{}]}}`),
		packed(`{"type":7,"nsp":"/","uid":"a","data":{"opts":5,"requestId":"r"}}`),
		packed(`{"type":9,"nsp":"/","uid":"a","data":{"packet":{}}}`),
	}
	for _, message := range bad {
		publish(message)
	}
	publish(packed(`{"type":2,"nsp":"/","uid":"a"}`)) // a heartbeat
	publish(packed(good))
	awaitSent(t, c, `2["ok"]`)
	if s := n.cluster.State(); s.Malformed != uint64(len(bad)) {
		t.Errorf("%d malformed, want %d", s.Malformed, len(bad))
	}
}

// TestLargerThanTheQueue: a message that is longer than all that may wait is handled when
// nothing else waits. In a stream it would hold up all behind it else.
func TestLargerThanTheQueue(t *testing.T) {
	redis := redistest.Start(t)
	for kind, make := range everyKind {
		t.Run(kind, func(t *testing.T) {
			here := startNode(t, make, redis.URL(), kind)
			there := startNode(t, func(cfg adapter.ClusterConfig) (*adapter.Cluster, error) {
				cfg.QueueBytes = 1000
				return make(cfg)
			}, redis.URL(), kind)
			here.awaitNodes(t, 2)
			_, c := there.join(t)
			long := strings.Repeat("x", 5000)
			_ = here.Emit(long)
			awaitSent(t, c, `2["`+long+`"]`)
			eventually(t, "the end of it", func() bool { return there.cluster.State().WaitingBytes == 0 })
			_ = here.Emit("after")
			awaitSent(t, c, `2["`+long+`"]`, `2["after"]`)
		})
	}
}
