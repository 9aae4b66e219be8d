package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
	"nudge/server/chat"
)

// shortLog has the log keep a message for a time that no test's node is behind.
func shortLog(cfg *RedisConfig) { cfg.Age, cfg.logAge = 2*time.Second, 2*time.Second }

// sayOn stores a message in a room of its own, and returns its id.
func sayOn(t *testing.T, r *Redis, text string) string {
	t.Helper()
	told := make(chan string, 1)
	r.Append(chat.Draft{Room: "a", Key: text, From: chat.Person{ID: "ann"}, Text: text}, func(receipt chat.Receipt, err error) {
		if err != nil {
			t.Error(err)
		}
		told <- receipt.ID
	})
	return <-told
}

func untilLogIsGone(t *testing.T, redis *redistest.Server, r *Redis) {
	t.Helper()
	eventually(t, "the log expires", func() bool { return redis.Do("EXISTS", r.key("log")) == "0" })
}

// TestRedisLogAges: what is said is in the log no longer than it may be kept, whether more
// is said or not; and what is said then comes to all, who are told of no gap.
func TestRedisLogAges(t *testing.T) {
	redis := redistest.Start(t)
	one, node := runStoreWith(t, redis, shortLog)
	said := 0
	eventually(t, "the oldest go", func() bool {
		sayOn(t, one, fmt.Sprint(said))
		said++
		return number(t, redis, "XLEN", one.key("log")) < said
	})
	untilLogIsGone(t, redis, one)
	later, other := runStoreWith(t, redis, shortLog)
	before := number(t, redis, "HGET", one.key("sizes"), " log")
	sayOn(t, later, "after")
	if now := number(t, redis, "HGET", one.key("sizes"), " log"); now > 1000 || now > before {
		t.Errorf("one message in the log is counted as %d bytes, and %d before", now, before)
	}
	eventually(t, "all hear it", func() bool {
		return slices.Contains(node.got(), "after") && slices.Contains(other.got(), "after")
	})
	if got := node.got(); len(got) != said+1 || slices.Contains(got, resynced) {
		t.Errorf("of %d and one were delivered %q", said, got)
	}
	if got := other.got(); !slices.Equal(got, []string{"after"}) {
		t.Errorf("a node that came later delivered %q", got)
	}
}

// TestRedisLogKeepsItsOrder: a clock that went back while nothing was in the log gives no
// message an id before one that was.
func TestRedisLogKeepsItsOrder(t *testing.T) {
	redis := redistest.Start(t)
	r, node := runStore(t, redis)
	first := sayOn(t, r, "1")
	ms, _, _ := strings.Cut(first, "-")
	ahead := "9" + ms + "-41"
	redis.Do("DEL", r.key("log"))
	redis.Do("DEL", r.key("room:a")) // expires no later than the log
	redis.Do("HSET", r.key("sizes"), " last", ahead)
	for i, want := range []string{"9" + ms + "-42", "9" + ms + "-43"} {
		if got := sayOn(t, r, fmt.Sprint(i+2)); got != want {
			t.Errorf("message %d is %s, want %s", i+2, got, want)
		}
	}
	redis.Do("DEL", r.key("log"))
	redis.Do("HSET", r.key("sizes"), " last", first)
	if got := sayOn(t, r, "4"); chat.CompareIDs(got, first) <= 0 || strings.HasPrefix(got, "9"+ms) {
		t.Errorf("by a clock that goes on it is %s, behind %s", got, first)
	}
	eventually(t, "those of the log are delivered", func() bool { return len(node.got()) >= 3 })
	if got := node.got(); !slices.Equal(got, []string{"1", "2", "3"}) {
		t.Errorf("delivered %q", got)
	}
}

// TestRedisLogExpiresUnread: a node that was cut off until the log had expired tells its
// clients so at once where they missed something, and does not where they did not.
func TestRedisLogExpiresUnread(t *testing.T) {
	redis := redistest.Start(t)
	one, _ := runStoreWith(t, redis, shortLog)
	way := redistest.StartProxy(t, redis)
	two, node := runStoreWith(t, redis, func(cfg *RedisConfig) { shortLog(cfg); cfg.Dial = dialTo(way.URL()) })
	cutOff := func(meanwhile func()) {
		way.BlackHole()
		eventually(t, "it is cut off", func() bool { return !two.State().Connected })
		meanwhile()
		untilLogIsGone(t, redis, one)
		way.Cut() // what is held back is lost
		way.Heal()
		eventually(t, "it is back", func() bool { return two.State().Connected })
	}
	want := func(texts ...string) {
		t.Helper()
		eventually(t, "it is delivered", func() bool { return len(node.got()) >= len(texts) })
		if got := node.got(); !slices.Equal(got, texts) {
			t.Errorf("delivered %q, want %q", got, texts)
		}
	}
	sayOn(t, one, "1")
	want("1")
	cutOff(func() {})
	sayOn(t, one, "2")
	want("1", "2")
	cutOff(func() { sayOn(t, one, "missed") })
	want("1", "2", resynced)
	sayOn(t, one, "3")
	want("1", "2", resynced, "3")
}

// TestRedisLogExpiresUnderAReader: where it is the log alone that is gone, a node that is
// still connected sees that it missed something.
func TestRedisLogExpiresUnderAReader(t *testing.T) {
	redis := redistest.Start(t)
	r, node := runStore(t, redis)
	sayOn(t, r, "1")
	eventually(t, "it is delivered", func() bool { return slices.Equal(node.got(), []string{"1"}) })
	redis.Do("EVAL", `redis.call('DEL', KEYS[1]) redis.call('INCR', KEYS[2])`, "2", r.key("log"), r.key("count"))
	eventually(t, "it asks anew", func() bool { return slices.Equal(node.got(), []string{"1", resynced}) })
	sayOn(t, r, "2")
	eventually(t, "it goes on", func() bool { return slices.Equal(node.got(), []string{"1", resynced, "2"}) })
}
