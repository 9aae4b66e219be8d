package e2e

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
)

// resumeWithin is what may pass from Redis being back to the first delivery.
const resumeWithin = 2 * time.Second

// arrival is a number that a client received, at a time of this machine's clock
// in milliseconds.
type arrival struct {
	Number int
	At     int64
}

// outage is what clients went through while Redis was away.
type outage struct {
	Sent int
	Acks map[string]struct {
		At   int64
		Code string
	}
	Readers [][]arrival
}

// TestRedisRestarts restarts Redis under two nodes while a client of the first
// says numbers. What was acknowledged reaches every client of that node exactly
// once and in order; nothing is doubled anywhere; what is of unknown outcome is
// counted; and delivery resumes.
func TestRedisRestarts(t *testing.T) {
	redis := redistest.Start(t)
	a, b := startNudgeReady(t, redis.URL()), startNudgeReady(t, redis.URL())
	stdin, in := pipe(t)
	arg, err := json.Marshal(with{"sender": a.url, "readers": []string{a.url, b.url}, "everyMs": 2})
	if err != nil {
		t.Fatal(err)
	}
	var stdout output
	driver := start(t, "outage.mjs", driverDir, stdin, &stdout, nil, "node", "outage.mjs", string(arg))
	_ = stdin.Close() // the child has its own
	defer func() { _ = in.Close() }()
	eventually(t, startWithin, "the driver sends", func() bool { return strings.Contains(driver.out.String(), "sending") })

	published := func() float64 { return a.readiness(t).Counts["published"] }
	eventually(t, startWithin, "messages flow", func() bool { return published() >= 100 })
	redis.Stop()
	away := time.Now()
	eventually(t, startWithin, "the nodes notice", func() bool {
		return !a.readiness(t).Relay.Connected && !b.readiness(t).Relay.Connected
	})
	window := outageWindow{away: away, starts: time.Now()}
	redis.Start()
	window.back = time.Now()
	a.untilReady(t)
	b.untilReady(t)
	before := published()
	eventually(t, startWithin, "messages flow again", func() bool { return published() >= before+100 })
	_ = in.Close()
	driver.wait(t, time.Minute)
	var result outage
	if err := json.Unmarshal([]byte(stdout.String()), &result); err != nil {
		t.Fatalf("the driver printed %q: %v", stdout.tail(), err)
	}
	checkOutage(t, result, a, window)
}

// outageWindow is when Redis was stopped, when it was started again, from which
// time on it may have served, and when it certainly did.
type outageWindow struct {
	away, starts, back time.Time
}

func checkOutage(t *testing.T, result outage, a *server, window outageWindow) {
	t.Helper()
	codes := make(map[string]int)
	for _, ack := range result.Acks {
		codes[ack.Code]++
	}
	t.Logf("away for %s; %d sent, answered %v", window.back.Sub(window.away).Round(time.Millisecond), result.Sent, codes)
	if len(result.Acks) != result.Sent {
		t.Errorf("%d of %d were answered", len(result.Acks), result.Sent)
	}
	counts := a.readiness(t).Counts
	if counts["unknown"] != float64(codes["unknown"]) || counts["unavailable"] != float64(codes["unavailable"]) {
		t.Errorf("/readyz counts %v unknown and %v unavailable; the senders were told of %d and %d",
			counts["unknown"], counts["unavailable"], codes["unknown"], codes["unavailable"])
	}
	for i, arrivals := range result.Readers {
		node := [...]string{"the sender's node", "the other node"}[i]
		seen := make(map[int]bool)
		last := -1
		resumed := int64(0)
		for _, each := range arrivals {
			if seen[each.Number] {
				t.Errorf("%s delivered %d twice", node, each.Number)
			}
			if each.Number < last {
				t.Errorf("%s delivered %d after %d", node, each.Number, last)
			}
			seen[each.Number], last = true, each.Number
			if resumed == 0 && each.At >= window.starts.UnixMilli() {
				resumed = each.At
			}
		}
		after := time.UnixMilli(resumed).Sub(window.back).Round(time.Millisecond)
		t.Logf("%s delivered %d, again %s after Redis was back", node, len(arrivals), after)
		if resumed == 0 || after > resumeWithin {
			t.Errorf("%s delivered again %s after Redis was back, want %s at most", node, after, resumeWithin)
		}
		checkAcknowledged(t, result, seen, node, i == 0, window)
	}
}

// checkAcknowledged checks that what was acknowledged was delivered. An
// acknowledgement speaks for the sender's own node: another may come back to
// Redis later than that one, and misses what was said in between.
func checkAcknowledged(t *testing.T, result outage, seen map[int]bool, node string, own bool, window outageWindow) {
	t.Helper()
	for number, ack := range result.Acks {
		n, err := strconv.Atoi(number)
		if err != nil {
			t.Fatal(err)
		}
		comingBack := ack.At >= window.starts.UnixMilli() && ack.At <= window.back.Add(resumeWithin).UnixMilli()
		switch {
		case ack.Code == "ok" && !seen[n] && (own || !comingBack):
			t.Errorf("%s did not deliver %d, acknowledged %d ms after Redis was back", node, n, ack.At-window.back.UnixMilli())
		case ack.Code == "unavailable" && seen[n]:
			t.Errorf("%s delivered %d, of which its sender was told that it was not sent", node, n)
		}
	}
}
