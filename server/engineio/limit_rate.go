package engineio

import (
	"math"
	"time"
)

// rate is so much in a second. The zero value is no bound.
type rate struct {
	each  float64       // what one costs, in nanoseconds
	burst time.Duration // how far a bucket may be ahead of the time
}

func newRate(perSecond float64) rate {
	if perSecond <= 0 {
		return rate{}
	}
	each := float64(time.Second) / perSecond
	return rate{each: each, burst: max(time.Second, clampTime(each))}
}

// maxDebt bounds how far ahead of the time a bucket can get.
const maxDebt = time.Hour

func clampTime(nanoseconds float64) time.Duration {
	return time.Duration(math.Min(nanoseconds, float64(maxDebt)))
}

// bucket is the use that is made of a rate: the time at which all of it will be
// paid for, on a clock that starts with the server. So it is one number, and
// nothing has to fill it up.
type bucket time.Duration

// charge takes n out of b, whatever there is in it, and tells how long it will be
// until that is made good: not positive where there was enough.
func (r rate) charge(b *bucket, n int, now time.Duration) time.Duration {
	if r.each == 0 {
		return 0
	}
	then := max(time.Duration(*b), now) + clampTime(float64(n)*r.each)
	then = min(then, now+r.burst+maxDebt)
	*b = bucket(then)
	return then - now - r.burst
}

// allow takes one out of b, or tells how long it will be until there is one.
func (r rate) allow(b *bucket, now time.Duration) time.Duration {
	if r.each == 0 {
		return 0
	}
	then := max(time.Duration(*b), now) + clampTime(r.each)
	if wait := then - now - r.burst; wait > 0 {
		return wait
	}
	*b = bucket(then)
	return 0
}
