package engineio

import (
	"testing"
	"time"
)

// A time is never cut short, however long it is, and however far the wheel lies
// behind when it starts.
func TestHeartbeatTimes(t *testing.T) {
	for _, longest := range []time.Duration{10 * time.Millisecond, 25 * time.Second, 10 * time.Minute} {
		for _, d := range []time.Duration{longest, longest / 2, longest / 100} {
			for _, behind := range []time.Duration{0, 100 * time.Millisecond, maxBehind} {
				h := newHeartbeat(longest)
				s := &Socket{}
				h.since = time.Now().Add(-behind)
				began := time.Now()
				h.after(s, d)
				for h.advance() == nil {
				}
				slack := time.Since(began) + 2*h.tick
				if after := h.since.Sub(began); after < d || after > d+slack {
					t.Errorf("of %s, %s behind, %s came after %s", longest, behind, d, after)
				}
			}
		}
	}
}

// What a frozen process did not see does not count.
func TestHeartbeatAfterFreeze(t *testing.T) {
	h := newHeartbeat(25 * time.Second)
	h.since = time.Now().Add(-time.Hour)
	if n := h.behind(time.Now()); n != 1 {
		t.Errorf("it makes up for %d ticks", n)
	}
	h.since = time.Now().Add(-maxBehind)
	if n := h.behind(time.Now()); n < int(maxBehind/h.tick) {
		t.Errorf("it makes up for %d ticks of a second", n)
	}
}
