package adapter

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
)

// heard is what a subscription was handed.
type heard struct {
	mu  sync.Mutex
	all []string
}

func (h *heard) add(channel, payload string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, channel+" "+payload)
}

func (h *heard) await(t testing.TB, want ...string) {
	t.Helper()
	awaitThat(t, fmt.Sprintf("messages %q", want), func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return slices.Equal(h.all, want)
	})
}

func (h *heard) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.all)
}

func (h *heard) last() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.all[len(h.all)-1]
}

func awaitThat(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %s in 15 s", what)
		}
	}
}

func newTestPubsub(t testing.TB, url string, change ...func(*ClusterConfig)) *pubsub {
	t.Helper()
	cfg := ClusterConfig{URL: url, Logger: slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(&cfg)
	}
	cfg, err := cfg.withDefaults("test")
	if err != nil {
		t.Fatal(err)
	}
	u, err := parseRedisURL(url)
	if err != nil {
		t.Fatal(err)
	}
	p := newPubsub(cfg, u)
	p.acquire()
	t.Cleanup(p.release)
	return p
}

func (p *pubsub) testSubscribe(t testing.TB, h *heard, topics ...topic) *subscribed {
	t.Helper()
	s, err := p.subscribe(t.Context(), newLane(p.log, p.lanes), h.add, topics...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPubsubDelivers(t *testing.T) {
	redis := redistest.Start(t)
	p := newTestPubsub(t, redis.URL())
	var one, pattern, shard heard
	p.testSubscribe(t, &one, topic{topicChannel, "a"}, topic{topicChannel, "b"})
	p.testSubscribe(t, &pattern, topic{topicPattern, "a*"})
	p.testSubscribe(t, &shard, topic{topicShard, "s"})
	p.publish("a", []byte("1"))
	p.publishShard("s", []byte("2"))
	p.publish("b", []byte("3"))
	p.publish("ab", []byte("\x00\xff"))
	one.await(t, "a 1", "b 3")
	pattern.await(t, "a 1", "ab \x00\xff")
	shard.await(t, "s 2")
	for channel, want := range map[string]int64{"a": 1, "none": 0} {
		if n, err := p.subscriberCount(t.Context(), channel, false); n != want || err != nil {
			t.Errorf("%s has %d subscribers, %v", channel, n, err)
		}
	}
	if n, err := p.subscriberCount(t.Context(), "s", true); n != 1 || err != nil {
		t.Errorf("s has %d subscribers, %v", n, err)
	}
}

// TestPubsubWithAPassword: what Redis is asked with one is answered as without.
func TestPubsubWithAPassword(t *testing.T) {
	redis := redistest.Start(t, redistest.Password("secret")...)
	p := newTestPubsub(t, redis.URL())
	var got heard
	p.testSubscribe(t, &got, topic{topicChannel, "c"})
	if n, err := p.subscriberCount(t.Context(), "c", false); n != 1 || err != nil {
		t.Errorf("%d subscribers, %v", n, err)
	}
	p.publish("c", []byte("1"))
	got.await(t, "c 1")
}

// TestPubsubCountsReferences: a channel is subscribed to while anyone wants it.
func TestPubsubCountsReferences(t *testing.T) {
	redis := redistest.Start(t)
	p := newTestPubsub(t, redis.URL())
	var first, second heard
	a := p.testSubscribe(t, &first, topic{topicChannel, "c"})
	b := p.testSubscribe(t, &second, topic{topicChannel, "c"})
	a.end()
	p.publish("c", []byte("1"))
	second.await(t, "c 1")
	b.end()
	awaitThat(t, "end of the subscription", func() bool { return redis.Do("PUBSUB", "NUMSUB", "c") == "c\n0" })
	p.testSubscribe(t, &first, topic{topicChannel, "c"})
	p.publish("c", []byte("2"))
	first.await(t, "c 2")
	// Coming and going in haste ends as the last of it says.
	for range 100 {
		p.testSubscribe(t, &second, topic{topicChannel, "d"}).end()
	}
	p.testSubscribe(t, &second, topic{topicChannel, "d"})
	p.publish("d", []byte("3"))
	second.await(t, "c 1", "d 3")
}

// TestPubsubKeepsOrder: many publishers' messages over several topics of one lane.
func TestPubsubKeepsOrder(t *testing.T) {
	redis := redistest.Start(t)
	p := newTestPubsub(t, redis.URL())
	var got heard
	p.testSubscribe(t, &got, topic{topicPattern, "p*"}, topic{topicChannel, "c"})
	const each = 2000
	var publishers sync.WaitGroup
	for n := range 4 {
		publishers.Go(func() {
			for i := range each {
				channel := []string{"p" + strconv.Itoa(n), "c"}[i%2]
				p.publish(channel, []byte(fmt.Sprintf("%d %d", n, i)))
			}
		})
	}
	publishers.Wait()
	awaitThat(t, "all messages", func() bool { return got.count() == 4*each })
	next := map[string]int{}
	for _, line := range got.all {
		parts := strings.Fields(line)
		if i, _ := strconv.Atoi(parts[2]); i != next[parts[1]] {
			t.Fatalf("publisher %s: %d where %d belongs", parts[1], i, next[parts[1]])
		}
		next[parts[1]]++
	}
}

// TestPubsubComesBack: whatever ends the connection, the subscriptions are there
// again, and what was published meanwhile is sent then.
func TestPubsubComesBack(t *testing.T) {
	for name, interrupt := range map[string]func(t *testing.T, redis *redistest.Server, p *pubsub){
		"restart":             func(_ *testing.T, redis *redistest.Server, _ *pubsub) { redis.Restart() },
		"subscription killed": func(_ *testing.T, redis *redistest.Server, _ *pubsub) { redis.Do("CLIENT", "KILL", "TYPE", "pubsub") },
		"publisher killed":    func(_ *testing.T, redis *redistest.Server, _ *pubsub) { redis.Do("CLIENT", "KILL", "TYPE", "normal") },
		"hung": func(t *testing.T, redis *redistest.Server, p *pubsub) {
			redis.Pause()
			awaitThat(t, "loss of the connection", func() bool { return p.count.lost.Load() > 0 })
			redis.Resume()
		},
	} {
		t.Run(name, func(t *testing.T) {
			redis := redistest.Start(t)
			p := newTestPubsub(t, redis.URL())
			var got heard
			p.testSubscribe(t, &got, topic{topicChannel, "c"}, topic{topicPattern, "p*"})
			awaitThat(t, "connection", func() bool { return p.count.connects.Load() > 0 }) // it is counted when all topics are confirmed
			before := p.count.connects.Load()
			interrupt(t, redis, p)
			awaitThat(t, "new connection", func() bool {
				connected, _, _ := p.state.get()
				return connected && p.count.connects.Load() > before
			})
			p.publish("c", []byte("1"))
			p.publish("p", []byte("2"))
			got.await(t, "c 1", "p 2")
			if p.count.lost.Load() == 0 {
				t.Error("the loss of the connection was not counted")
			}
		})
	}
}

// TestPubsubWithoutRedis: what is asked fails at once, what is published waits and is
// then counted, and nothing hangs.
func TestPubsubWithoutRedis(t *testing.T) {
	redis := redistest.New(t)
	p := newTestPubsub(t, redis.URL(), func(cfg *ClusterConfig) { cfg.QueueLen, cfg.QueueWait = 2, time.Hour })
	var got heard
	s, err := p.subscribe(t.Context(), newLane(p.log, p.lanes), got.add, topic{topicChannel, "c"})
	if !errors.Is(err, errAway) || s == nil {
		t.Errorf("subscribe: %v", err)
	}
	for _, payload := range []string{"1", "2", "3"} {
		p.publish("c", []byte(payload))
	}
	if n := p.count.refused.Load(); n != 1 {
		t.Errorf("%d messages refused", n)
	}
	if _, err := p.subscriberCount(t.Context(), "c", false); !errors.Is(err, errAway) {
		t.Errorf("count: %v", err)
	}
	redis.Start()
	got.await(t, "c 1", "c 2")
}

// TestPubsubProbes: a subscription that Redis has dropped without a word is noticed.
func TestPubsubProbes(t *testing.T) {
	redis := redistest.Start(t)
	p := newTestPubsub(t, redis.URL(), func(cfg *ClusterConfig) { cfg.probeEvery = 50 * time.Millisecond })
	var got heard
	p.testSubscribe(t, &got, topic{topicChannel, "c"})
	probes := func() int {
		for line := range strings.Lines(redis.Do("INFO", "commandstats")) {
			if calls, ok := strings.CutPrefix(line, "cmdstat_publish:calls="); ok {
				calls, _, _ = strings.Cut(calls, ",")
				n, _ := strconv.Atoi(calls)
				return n
			}
		}
		return 0
	}
	awaitThat(t, "some probes", func() bool { return probes() >= 3 })
	if p.count.lost.Load() != 0 {
		t.Error("a connection that answers was given up")
	}
}

// TestPubsubFindsADeadSubscription: what ends a subscription without a word, the probe
// or the silence of Redis tells of it, in the time that is stated, and it comes back.
func TestPubsubFindsADeadSubscription(t *testing.T) {
	const every = 200 * time.Millisecond
	for name, tt := range map[string]struct {
		die    func(t *testing.T, redis *redistest.Server, proxy *redistest.Proxy)
		found  time.Duration // within which it must be found
		reason string
	}{
		"forgotten by Redis": {
			// PINGs and all else are answered.
			die: func(t *testing.T, redis *redistest.Server, proxy *redistest.Proxy) {
				proxy.Forget()
				awaitThat(t, "end of the subscriptions", func() bool {
					return redis.Do("PUBSUB", "NUMSUB", "c") == "c\n0" && redis.Do("PUBSUB", "NUMPAT") == "0"
				})
			},
			found: 2*every + defaultTimeout, reason: errProbe.Error(),
		},
		"killed, and the end is hidden": {
			die: func(_ *testing.T, redis *redistest.Server, proxy *redistest.Proxy) {
				proxy.BlackHole()
				redis.KillSubscribers()
			},
			found: pingGap + 2*every + defaultTimeout,
		},
	} {
		t.Run(name, func(t *testing.T) {
			redis := redistest.Start(t)
			proxy := redistest.StartProxy(t, redis)
			p := newTestPubsub(t, proxy.URL(), func(cfg *ClusterConfig) { cfg.probeEvery = every })
			var got heard
			p.testSubscribe(t, &got, topic{topicChannel, "c"}, topic{topicPattern, "p*"})
			awaitThat(t, "connection", func() bool { return p.count.connects.Load() == 1 })
			start := time.Now()
			tt.die(t, redis, proxy)
			awaitThat(t, "loss", func() bool { return p.count.lost.Load() == 1 })
			took := time.Since(start)
			if late := time.Second; took > tt.found+late {
				t.Errorf("found after %s, %s is stated", took, tt.found)
			}
			if why := p.state.lastError(); !strings.Contains(why, tt.reason) {
				t.Errorf("%q does not tell %q", why, tt.reason)
			}
			proxy.Heal()
			awaitThat(t, "new connection", func() bool { connected, _, _ := p.state.get(); return connected })
			t.Logf("found after %s, back after %s", took, time.Since(start))
			redis.Publish("c", []byte("1"))
			redis.Publish("p", []byte("2"))
			got.await(t, "c 1", "p 2")
		})
	}
}

// TestPubsubBounds: what is too long, and what nobody handles, is dropped and counted.
func TestPubsubBounds(t *testing.T) {
	redis := redistest.Start(t)
	p := newTestPubsub(t, redis.URL(), func(cfg *ClusterConfig) { cfg.MaxPayload, cfg.QueueBytes = 1000, 10_000 })
	stop := make(chan struct{})
	_, err := p.subscribe(t.Context(), newLane(p.log, p.lanes), func(string, string) { <-stop }, topic{topicChannel, "c"})
	if err != nil {
		t.Fatal(err)
	}
	p.publish("c", make([]byte, 1001))
	redis.Publish("c", make([]byte, 1001))
	if p.count.tooLarge.Load() != 1 {
		t.Error("a message that is too long was published")
	}
	awaitThat(t, "count of the one that is too long", func() bool { return p.count.droppedTooLong.Load() == 1 })
	for range 20 {
		redis.Publish("c", make([]byte, 900))
	}
	awaitThat(t, "overflow", func() bool { return p.count.droppedOverflow.Load() == 10 })
	close(stop)
	awaitThat(t, "empty lane", func() bool { return p.lanes.used.Load() == 0 })
}

// TestLaneOutlivesPanics: a handler that panics does not end what follows.
func TestLaneOutlivesPanics(t *testing.T) {
	l := newLane(slog.New(slog.DiscardHandler), &budget{max: 1000})
	done := make(chan struct{})
	l.put(1, func() { panic("a handler's") })
	l.put(1, func() { close(done) })
	select {
	case <-done:
	case <-time.After(15 * time.Second):
		t.Fatal("the lane ended")
	}
}

// TestPubsubFlushes: what was published before the end is sent.
func TestPubsubFlushes(t *testing.T) {
	redis := redistest.Start(t)
	receiver := newTestPubsub(t, redis.URL())
	var got heard
	receiver.testSubscribe(t, &got, topic{topicChannel, "c"})
	p := newTestPubsub(t, redis.URL())
	p.acquire()
	for range 1000 {
		p.publish("c", []byte("x"))
	}
	p.release()
	p.release()
	p.acquire() // a second run
	p.publish("c", []byte("y"))
	awaitThat(t, "all messages", func() bool { return got.count() == 1001 })
}

func TestRequestsEnd(t *testing.T) {
	var count clusterCounters
	log := slog.New(slog.DiscardHandler)
	b := &budget{max: 1 << 20}
	table := newRequests(&count)
	ended := make(chan error, 10)
	open := func(id string, wait time.Duration) {
		left := 2
		table.add(id, wait, &request{lane: newLane(log, b), end: func(err error) { ended <- err }, answer: func(any) bool { left--; return left == 0 }})
	}
	await := func(want error) {
		t.Helper()
		select {
		case err := <-ended:
			if !errors.Is(err, want) {
				t.Errorf("ended with %v, want %v", err, want)
			}
		case <-time.After(15 * time.Second):
			t.Fatal("no end")
		}
	}
	open("answered", time.Hour)
	for range 3 {
		table.answered("answered", 10, nil)
		table.answered("unknown", 10, nil)
	}
	await(nil)
	open("late", time.Millisecond)
	await(ErrIncomplete)
	open("closed", time.Hour)
	table.close()
	await(ErrClosed)
	open("after", time.Hour)
	await(ErrClosed)
	if n := table.size(); n != 0 || len(ended) != 0 {
		t.Errorf("%d requests wait, %d ended again", n, len(ended))
	}
}

// TestABeginningIsNotTakenForAFailure: who subscribes again while the end of all before is
// under way waits for Redis, and is not told by that end that Redis is away.
func TestABeginningIsNotTakenForAFailure(t *testing.T) {
	p := newTestPubsub(t, redistest.Start(t).URL())
	p.testSubscribe(t, &heard{}, topic{topicChannel, "first"})
	for i := range 10 {
		p.mu.Lock()
		over := p.over
		p.mu.Unlock()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			p.release()
		}()
		awaitThat(t, "release", func() bool {
			p.mu.Lock()
			defer p.mu.Unlock()
			return p.users == 0
		})
		p.acquire()
		p.testSubscribe(t, &heard{}, topic{topicChannel, fmt.Sprint(i)})
		<-ended
		<-over
	}
}
