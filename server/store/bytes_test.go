package store

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
	"nudge/server/chat"
)

// greedy are clients that try to have a store of some bytes keep as much as they can.
var greedy = []struct {
	name   string
	rooms  int
	each   int // messages in each room
	text   string
	key    string // how each message's begins
	longer string // how each room's name begins
}{
	{"many rooms", 1500, 1, "x", "k", strings.Repeat("字", 58)},
	{"a long room", 1, 4000, "short", strings.Repeat("k", 55), "r"},
	{"long texts", 20, 80, strings.Repeat("<", chat.MaxText), "k", "r"},
	{"long texts of many bytes", 200, 3, strings.Repeat("𝄞", chat.MaxText), "k", "r"},
	{"middling texts", 100, 40, strings.Repeat("x", 500), strings.Repeat("k", 55), "r"},
}

// fill has a store keep what a greedy client says, and the lobby one message before.
func fill(t *testing.T, s chat.Store, i int) {
	t.Helper()
	g := greedy[i]
	const ahead = 100
	done := make(chan error, ahead)
	name := strings.Repeat("名", chat.MaxName)
	send := func(room, key string) {
		s.Append(chat.Draft{Room: room, Key: key, From: chat.Person{ID: "0123456789012345678901", Name: name}, Text: strings.Clone(g.text)},
			func(_ chat.Receipt, err error) { done <- err })
	}
	wait := func() {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	send(chat.Lobby, "first")
	wait()
	waiting := 0
	for n := range g.each {
		for room := range g.rooms {
			send(fmt.Sprint(g.longer, room), fmt.Sprint(g.key, room, "-", n))
			if waiting++; waiting == ahead {
				wait()
				waiting--
			}
		}
	}
	for range waiting {
		wait()
	}
}

// TestMemoryIsBoundedInBytes: whatever clients say, what is kept of it takes no more
// memory than was said; and some of it is kept.
func TestMemoryIsBoundedInBytes(t *testing.T) {
	const bytes = 2 << 20
	for i, g := range greedy {
		t.Run(g.name, func(t *testing.T) {
			before := heap()
			m, _ := memoryWith(MemoryConfig{Length: 100_000, Bytes: bytes})
			m.cfg.Deliver = func([]chat.Message) {}
			fill(t, m, i)
			clear(m.keys)
			m.keys, m.order = nil, nil // bounded in their number
			took := int(heap()) - int(before)
			t.Logf("%d KiB, counted as %d, of %d rooms", took>>10, m.bytes>>10, len(m.rooms))
			if took > bytes || m.bytes > bytes || m.bytes < bytes/20 {
				t.Errorf("it takes %d bytes, counted as %d, of at most %d", took, m.bytes, bytes)
			}
			if texts, _ := kept(t, m, chat.Query{Room: chat.Lobby, Last: 10}); len(texts) != 1 {
				t.Errorf("the lobby keeps %d", len(texts))
			}
			sum := 0
			for _, r := range m.rooms {
				sum += perRoom
				for _, message := range r.messages {
					sum += sizeOf(message)
				}
			}
			if sum != m.bytes {
				t.Errorf("%d bytes are kept, and counted as %d", sum, m.bytes)
			}
		})
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestRedisIsBoundedInBytes: as in memory, by what Redis says that its keys use.
func TestRedisIsBoundedInBytes(t *testing.T) {
	const bytes = 2 << 20
	for i, g := range greedy {
		t.Run(g.name, func(t *testing.T) {
			redis := redistest.Start(t)
			r, _ := runStoreWith(t, redis, func(cfg *RedisConfig) { cfg.Length, cfg.Bytes, cfg.QueueWait = 100_000, bytes, time.Minute })
			used := func(key string) int { return number(t, redis, "MEMORY", "USAGE", r.key(key), "SAMPLES", "0") }
			fill(t, r, i)
			logged, entries := number(t, redis, "HGET", r.key("sizes"), " log"), redis.Do("XLEN", r.key("log"))
			counted := number(t, redis, "HGET", r.key("sizes"), " rooms")
			rooms := strings.Fields(redis.Do("ZRANGE", r.key("rooms"), "0", "-1"))
			took, log := used("rooms")+used("sizes"), used("log")
			for _, room := range rooms {
				took += used("room:" + room)
			}
			t.Logf("rooms: %d KiB, counted as %d, of %d rooms; log: %d KiB, counted as %d, of %s entries",
				took>>10, counted>>10, len(rooms), log>>10, logged>>10, entries)
			if took > bytes || counted > bytes || counted < bytes/20 {
				t.Errorf("the rooms take %d bytes, counted as %d, of at most %d", took, counted, bytes)
			}
			if log > logBytes || logged > logBytes {
				t.Errorf("the log takes %d bytes, counted as %d, of at most %d", log, logged, logBytes)
			}
			if !slices.Contains(rooms, chat.Lobby) {
				t.Error("the lobby is gone")
			}
		})
	}
}

func number(t *testing.T, redis *redistest.Server, command ...string) int {
	t.Helper()
	n, err := strconv.Atoi(redis.Do(command...))
	if err != nil {
		t.Fatalf("%q: %v", command, err)
	}
	return n
}

// TestRedisIsBoundedInNumber: a room and the log keep as many as they should, and few
// more; what is too old goes while others come.
func TestRedisIsBoundedInNumber(t *testing.T) {
	const length, said = 160, logLength + 500
	redis := redistest.Start(t)
	say := func(r *Redis, from, to int) {
		done := make(chan error, to-from)
		for i := from; i < to; i++ {
			r.Append(chat.Draft{Room: "a", Key: fmt.Sprint(i), From: chat.Person{ID: "ann"}, Text: fmt.Sprint(i)}, func(_ chat.Receipt, err error) { done <- err })
		}
		for range to - from {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
	}
	r, _ := runStoreWith(t, redis, func(cfg *RedisConfig) { cfg.Length, cfg.QueueLen, cfg.QueueWait = length, said, time.Minute })
	say(r, 0, length)
	if kept := number(t, redis, "XLEN", r.key("room:a")); kept != length {
		t.Errorf("the room keeps %d of %d", kept, length)
	}
	say(r, length, said)
	for key, least := range map[string]int{"room:a": length, "log": logLength} {
		if kept := number(t, redis, "XLEN", r.key(key)); kept < least || kept > least+min(atOnce, least/16) {
			t.Errorf("%s keeps %d, want %d and few more", key, kept, least)
		}
	}
	if texts, _ := kept(t, r, chat.Query{Room: "a", Last: 1}); !slices.Equal(texts, []string{fmt.Sprint(said - 1)}) {
		t.Errorf("the newest is %q", texts)
	}

	aging, _ := runStoreWith(t, redis, func(cfg *RedisConfig) {
		cfg.Channel, cfg.Length, cfg.Age, cfg.keyAge = "aging", 100_000, time.Second, time.Second
	})
	next := 0
	eventually(t, "the oldest go", func() bool {
		say(aging, next, next+1)
		next++
		return number(t, redis, "XLEN", aging.key("room:a")) < next && number(t, redis, "LLEN", aging.key("order")) < next
	})
}

// atOnce is how many go at a time, as the script has it.
const atOnce = 64

// TestTrimmedByBytes: a room that was trimmed to its bytes keeps the newest in order,
// says that there is a gap behind what it keeps no longer, and knows all keys.
func TestTrimmedByBytes(t *testing.T) {
	const count = 60 // of which some 30 have room
	stores := map[string]func(t *testing.T) chat.Store{
		"memory": func(*testing.T) chat.Store {
			m, _ := memoryWith(MemoryConfig{Length: 1000, Bytes: LeastBytes})
			return m
		},
		"redis": func(t *testing.T) chat.Store {
			t.Helper()
			r, _ := runStoreWith(t, redistest.Start(t), func(cfg *RedisConfig) { cfg.Length, cfg.Bytes = 1000, LeastBytes })
			return r
		},
	}
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			ids := make([]string, count)
			send := func(i int) string {
				told := make(chan chat.Receipt, 1)
				text := fmt.Sprint(i, strings.Repeat(" x", 1900))
				s.Append(chat.Draft{Room: "a", Key: fmt.Sprint(i), From: chat.Person{ID: "ann"}, Text: text}, func(r chat.Receipt, err error) {
					if err != nil {
						t.Error(err)
					}
					told <- r
				})
				return (<-told).ID
			}
			for i := range count {
				ids[i] = send(i)
			}
			_, page := kept(t, s, chat.Query{Room: "a", Last: 100})
			first := count - len(page.Messages)
			if first < count/4 || first > count*3/4 {
				t.Fatalf("%d of %d are kept", len(page.Messages), count)
			}
			for i, m := range page.Messages {
				if m.ID != ids[first+i] || m.Key != fmt.Sprint(first+i) {
					t.Errorf("%d is %s, want %s", first+i, m.ID, ids[first+i])
				}
			}
			for i, id := range ids {
				_, page := kept(t, s, chat.Query{Room: "a", After: id, Last: 100})
				if page.Gap != (i < first) || len(page.Messages) != count-max(i+1, first) {
					t.Errorf("after %d are %d, gap %t", i, len(page.Messages), page.Gap)
				}
				if again := send(i); again != id {
					t.Errorf("%d sent again is %s, first it was %s", i, again, id)
				}
			}
		})
	}
}
