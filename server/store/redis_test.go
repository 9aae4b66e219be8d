package store

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
	"nudge/server/chat"
)

// listener is a Node that keeps what it is told.
type listener struct {
	Node
	mu    sync.Mutex
	texts []string // of the messages; resynced for each time clients were to ask anew
}

const resynced = "(ask anew)"

func (l *listener) Deliver(messages []chat.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range messages {
		l.texts = append(l.texts, m.Text)
	}
}

func (l *listener) Resync() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.texts = append(l.texts, resynced)
}

func (*listener) People() map[string]*chat.Standing                  { return nil }
func (*listener) PeerPeople(string, map[string]*chat.Standing, bool) {}
func (*listener) PeerGone(string)                                    {}
func (l *listener) got() []string                                    { l.mu.Lock(); defer l.mu.Unlock(); return slices.Clone(l.texts) }

// runStore runs a store on Redis for the length of a test.
func runStore(t testing.TB, redis *redistest.Server) (*Redis, *listener) {
	t.Helper()
	return runStoreWith(t, redis, func(*RedisConfig) {})
}

// runStoreWith is runStore with another configuration.
func runStoreWith(t testing.TB, redis *redistest.Server, change func(*RedisConfig)) (*Redis, *listener) {
	t.Helper()
	cfg := configOf(t.Name(), dialTo(redis.URL()))
	change(&cfg)
	r := NewRedis(cfg)
	node := &listener{}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { r.Run(ctx, node) })
	t.Cleanup(func() { cancel(); running.Wait() })
	eventually(t, "a connection", func() bool { return r.State().Connected })
	return r, node
}

// dialTo connects to a Redis.
func dialTo(url string) func(context.Context) (rueidis.Client, func(), error) {
	return func(ctx context.Context) (rueidis.Client, func(), error) {
		return adapter.DialCut(ctx, adapter.DialConfig{URL: url})
	}
}

// configOf is the configuration of a node whose channel is always subscribed to.
func configOf(name string, dial func(context.Context) (rueidis.Client, func(), error)) RedisConfig {
	return RedisConfig{
		Dial: dial, Channel: "C", NodeName: name, Length: 100, QueueWait: 2 * time.Second,
		Subscribed: func() (uint64, bool) { return 1, true },
		Logger:     slog.New(slog.DiscardHandler),
	}
}

func eventually(t testing.TB, what string, met func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !met(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 20 s", what)
		}
	}
}

// TestRedisForgetsTheScript: a sender's messages keep their order however often Redis
// forgets the script that stores them, and another node teaches it.
func TestRedisForgetsTheScript(t *testing.T) {
	const count = 2000
	redis := redistest.Start(t)
	r, node := runStore(t, redis)
	var want []string
	for i := range count {
		text := fmt.Sprint(i)
		want = append(want, text)
		r.Append(chat.Draft{Room: "a", Key: text, From: chat.Person{ID: "ann"}, Text: text}, func(_ chat.Receipt, err error) {
			if err != nil {
				t.Errorf("%s: %v", text, err)
			}
		})
		if i%100 == 0 {
			redis.Do("SCRIPT", "FLUSH")
		}
		if i%100 == 50 {
			redis.Do("SCRIPT", "LOAD", appendScript)
		}
	}
	eventually(t, "all are delivered", func() bool { return len(node.got()) >= count })
	if got := node.got(); !slices.Equal(got, want) {
		t.Errorf("delivered %q", got)
	}
}

// TestRedisHoldsSomethingElse: where a key of the chat's holds something else, nothing
// is stored by halves, and nothing again and again; it goes on once the key is mended.
func TestRedisHoldsSomethingElse(t *testing.T) {
	for _, key := range []string{"keys", "order", "rooms", "sizes"} {
		redis := redistest.Start(t)
		r, node := runStore(t, redis)
		redis.Do("SET", r.key(key), "x")
		told := make(chan error, 1)
		draft := chat.Draft{Room: "a", Key: "k", From: chat.Person{ID: "ann"}, Text: key}
		r.Append(draft, func(_ chat.Receipt, err error) { told <- err })
		if err := <-told; err == nil || len(node.got()) != 0 || redis.Do("XLEN", r.key("log")) != "0" {
			t.Errorf("%s: %v, delivered %q, stored %s", key, err, node.got(), redis.Do("XLEN", r.key("log")))
		}
		redis.Do("DEL", r.key(key))
		r.Append(draft, func(_ chat.Receipt, err error) { told <- err })
		if err := <-told; err != nil {
			t.Errorf("%s is mended: %v", key, err)
		}
		eventually(t, "it is delivered", func() bool { return slices.Equal(node.got(), []string{key}) })
	}
	// A room begins anew.
	redis := redistest.Start(t)
	r, _ := runStore(t, redis)
	redis.Do("SET", r.key("room:a"), "x")
	told := make(chan error, 1)
	r.Append(chat.Draft{Room: "a", Key: "k", From: chat.Person{ID: "ann"}, Text: "x"}, func(_ chat.Receipt, err error) { told <- err })
	if err := <-told; err != nil {
		t.Errorf("a room: %v", err)
	}
	for _, q := range []chat.Query{{Room: "a", Last: 5}, {Room: "a", Last: 5, After: "0-0"}} {
		if texts, _ := kept(t, r, q); !slices.Equal(texts, []string{"x"}) {
			t.Errorf("%+v: %q", q, texts)
		}
	}
	if texts, page := kept(t, r, chat.Query{Room: "a", Last: 5, Before: "0-0"}); len(texts) != 0 || page.More {
		t.Errorf("before all is %q", texts)
	}
}

// TestTellWithoutRedis: while there is no connection, nothing of who comes and goes is
// kept: all are told anew on the next.
func TestTellWithoutRedis(t *testing.T) {
	r := NewRedis(RedisConfig{})
	for i := range 1000 {
		r.Tell(map[string]*chat.Standing{fmt.Sprint(i): nil})
		r.Typing(chat.TypingEvent{Room: "a"})
	}
	if changes, typing := r.peers.take(); len(changes)+len(typing) != 0 {
		t.Errorf("%d changes are kept, and %d who type", len(changes), len(typing))
	}
}

// TestRedisTellsOfAGapBeforeWhatFollows: a client that got the message behind a gap first
// would ask for what follows that one, and never for what is missing.
func TestRedisTellsOfAGapBeforeWhatFollows(t *testing.T) {
	redis := redistest.Start(t)
	r, node := runStore(t, redis)
	entry := func(n int) { // the n-th message of the log
		redis.Do("XADD", r.key("log"), "*", "n", fmt.Sprint(n), "room", "a", "message", fmt.Sprintf(`{"text":"%d"}`, n))
	}
	for _, n := range []int{1, 2, 5, 6} {
		entry(n)
	}
	want := []string{"1", "2", resynced, "5", "6"}
	eventually(t, "all are delivered", func() bool { return slices.Contains(node.got(), "6") })
	if got := node.got(); !slices.Equal(got, want) {
		t.Errorf("delivered %q, want %q", got, want)
	}
}

// TestRedisKnowsKeysForLonger: a message that is kept no longer is still known by its key,
// for a time of the keys' own.
func TestRedisKnowsKeysForLonger(t *testing.T) {
	redis := redistest.Start(t)
	send := func(r *Redis) string {
		told := make(chan string, 1)
		draft := chat.Draft{Room: "a", Key: "k", From: chat.Person{ID: "ann"}, Text: "x"}
		r.Append(draft, func(receipt chat.Receipt, err error) {
			if err != nil {
				t.Error(err)
			}
			told <- receipt.ID
		})
		return <-told
	}
	day := 24 * time.Hour.Milliseconds()
	for age, least := range map[time.Duration]int64{200 * time.Millisecond: day, time.Hour: day, 48 * time.Hour: 2 * day} {
		r, _ := runStoreWith(t, redis, func(cfg *RedisConfig) { cfg.Channel, cfg.Age = age.String(), age })
		first := send(r)
		for _, key := range []string{"keys", "order"} {
			if left := int64(number(t, redis, "PTTL", r.key(key))); left < least-time.Minute.Milliseconds() || left > least+least/32 {
				t.Errorf("kept for %s: %s is known for %d ms, want %d", age, key, left, least)
			}
		}
		if age < time.Second {
			eventually(t, "it is kept no longer", func() bool { return redis.Do("EXISTS", r.key("room:a")) == "0" })
		}
		if again := send(r); again != first {
			t.Errorf("kept for %s: %s again is %s", age, first, again)
		}
	}
	r, _ := runStoreWith(t, redis, func(cfg *RedisConfig) {
		cfg.Channel, cfg.keyAge, cfg.logAge = "short", 200*time.Millisecond, 200*time.Millisecond
	})
	first := send(r)
	eventually(t, "its key is forgotten", func() bool { return redis.Do("EXISTS", r.key("keys")) == "0" })
	if again := send(r); again == first {
		t.Error("it is known after its time")
	}
}
