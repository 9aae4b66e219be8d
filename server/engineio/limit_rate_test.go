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

func TestRateCharge(t *testing.T) {
	const second = time.Second
	for _, c := range []struct {
		perSecond float64
		n         []int
		at        []time.Duration
		want      []time.Duration // to wait
	}{
		{0, []int{1e9, 1e9}, []time.Duration{0, 0}, []time.Duration{0, 0}},
		{10, []int{10, 10, 0, 0}, []time.Duration{0, 0, second, 5 * second}, []time.Duration{0, second, 0, -second}},
		{10, []int{30, 0}, []time.Duration{0, 2 * second}, []time.Duration{2 * second, 0}},
		{10, []int{1e9, 1e9}, []time.Duration{0, 0}, []time.Duration{maxDebt - second, maxDebt}},
		{1e10, []int{1e9, 0}, []time.Duration{0, 0}, []time.Duration{-900 * time.Millisecond, -900 * time.Millisecond}},
	} {
		r, b := newRate(c.perSecond), bucket(0)
		for i, now := range c.at {
			if got := r.charge(&b, c.n[i], now); got != c.want[i] {
				t.Errorf("%v a second, number %d at %s: wait %s, want %s", c.perSecond, i, now, got, c.want[i])
			}
		}
	}
}
