package chat

import "time"

// limiter is a token bucket. The zero value is full.
type limiter struct {
	spent float64
	at    time.Time
}

// allow takes one token, of which there are burst, and rate more each second.
func (l *limiter) allow(now time.Time, rate, burst float64) bool {
	l.spent = max(0, l.spent-now.Sub(l.at).Seconds()*rate)
	l.at = now
	if l.spent+1 > burst {
		return false
	}
	l.spent++
	return true
}
