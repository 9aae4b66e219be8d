package e2e

import (
	"strings"
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
)

// TestCrowd has 200 clients of all transports on two nodes receive the 2000
// messages of 40 senders: 400,000 deliveries, each once, each sender's in order.
func TestCrowd(t *testing.T) {
	const (
		clients, senders, messages = 200, 40, 2000
		timeout                    = 2 * time.Minute
	)
	redis := redistest.Start(t)
	a, b := startNudgeReady(t, redis.URL()), startNudgeReady(t, redis.URL())
	var result struct {
		Deliveries, ViolationCount, MissingCount int
		Violations, Missing                      []string
		ConnectMs, DeliverMs                     int
		Transports                               map[string]int
	}
	drive(t, timeout+startWithin, "crowd.mjs", with{
		"urls": []string{a.url, b.url}, "clients": clients, "senders": senders,
		"messages": messages, "timeout": timeout.Milliseconds(),
	}, &result)
	t.Logf("%d deliveries in %d ms, %d clients connected in %d ms: %v",
		result.Deliveries, result.DeliverMs, clients, result.ConnectMs, result.Transports)
	if result.Deliveries != clients*messages {
		t.Errorf("%d deliveries, want %d", result.Deliveries, clients*messages)
	}
	if result.ViolationCount > 0 {
		t.Errorf("%d violations:\n%s", result.ViolationCount, strings.Join(result.Violations, "\n"))
	}
	if result.MissingCount > 0 {
		t.Errorf("%d clients miss some:\n%s", result.MissingCount, strings.Join(result.Missing, "\n"))
	}
	for _, s := range []*server{a, b} {
		counts := s.readiness(t).Counts
		for _, lost := range []string{"unknown", "unavailable", "dropped_too_long", "dropped_overflow", "slow_consumers", "refused_busy"} {
			if n, ok := counts[lost]; n != 0 || !ok {
				t.Errorf("/readyz counts %v %s (counted: %v), want 0", n, lost, ok)
			}
		}
	}
}
