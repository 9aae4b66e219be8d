package store

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
	"nudge/server/chat"
)

// BenchmarkAppend measures what Redis does to store a message, and has it do so often
// that the log is at its bounds: µs/call is of its own clock.
func BenchmarkAppend(b *testing.B) {
	for _, c := range []struct {
		name  string
		rooms int
		size  int
		cfg   func(*RedisConfig)
	}{
		{"below the bounds", 10, 50, func(cfg *RedisConfig) { cfg.Length = 1_000_000 }},
		{"at the length", 10, 50, func(cfg *RedisConfig) { cfg.Length = 500 }},
		{"at the bytes", 1, 1000, func(cfg *RedisConfig) { cfg.Length, cfg.Bytes = 1_000_000, 4<<20 }},
		{"at the bytes of all rooms", 1000, 1000, func(cfg *RedisConfig) { cfg.Length, cfg.Bytes = 1_000_000, 4<<20 }},
	} {
		b.Run(c.name, func(b *testing.B) {
			const warm, ahead = 12_000, 500
			redis := redistest.Start(b)
			r, _ := runStoreWith(b, redis, func(cfg *RedisConfig) { c.cfg(cfg); cfg.QueueWait = time.Minute })
			done := make(chan error, ahead)
			text, said := strings.Repeat("a text ", c.size/7), 0
			say := func(count int) {
				for i := range count + ahead {
					if i >= ahead {
						if err := <-done; err != nil {
							b.Fatal(err)
						}
					}
					if i < count {
						said++
						d := chat.Draft{Room: fmt.Sprint("room", said%c.rooms), Key: fmt.Sprint("key", said), From: chat.Person{ID: "0123456789012345678901", Name: "Ann"}, Text: text}
						r.Append(d, func(_ chat.Receipt, err error) { done <- err })
					}
				}
			}
			say(warm)
			redis.Do("CONFIG", "RESETSTAT")
			b.ResetTimer()
			say(b.N)
			b.StopTimer()
			b.ReportMetric(perCall(b, redis.Do("INFO", "commandstats"), "evalsha"), "µs/call")
		})
	}
}

// perCall is how long Redis took for a command, by its own statistics.
func perCall(b *testing.B, stats, command string) float64 {
	b.Helper()
	_, line, _ := strings.Cut(stats, "cmdstat_"+command+":")
	_, value, _ := strings.Cut(line, "usec_per_call=")
	value, _, _ = strings.Cut(value, ",")
	took, err := strconv.ParseFloat(value, 64)
	if err != nil {
		b.Fatalf("statistics of %s: %v", command, err)
	}
	return took
}
