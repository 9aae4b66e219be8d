package engineio

import (
	"testing"
	"time"
)

func TestRateAllow(t *testing.T) {
	const second = time.Second
	for _, c := range []struct {
		perSecond float64
		at        []time.Duration
		want      []time.Duration // to wait
	}{
		{0, []time.Duration{0, 0, 0}, []time.Duration{0, 0, 0}},
		{-1, []time.Duration{0, 0}, []time.Duration{0, 0}},
		{1, []time.Duration{0, 0, second / 2, second, second}, []time.Duration{0, second, second / 2, 0, second}},
		{2, []time.Duration{0, 0, 0, second / 2, second / 2}, []time.Duration{0, 0, second / 2, 0, second / 2}},
		{0.5, []time.Duration{0, 0, 2 * second}, []time.Duration{0, 2 * second, 0}},
		// What was not used does not add up.
		{2, []time.Duration{100 * second, 100 * second, 100 * second}, []time.Duration{0, 0, second / 2}},
		{1e-9, []time.Duration{0, 0, maxDebt}, []time.Duration{0, maxDebt, 0}},
	} {
		r, b := newRate(c.perSecond), bucket(0)
		for i, now := range c.at {
			if got := r.allow(&b, now); got != c.want[i] {
				t.Errorf("%v a second, number %d at %s: wait %s, want %s", c.perSecond, i, now, got, c.want[i])
			}
		}
	}
}
