package bench

import (
	"context"
	"time"
)

// pace calls send as often as rate, in calls a second, says, until ctx ends or
// send returns false. After a delay it catches up: what a server is sent does
// not depend on how fast it is.
func pace(ctx context.Context, rate float64, send func() bool) {
	start := time.Now()
	for sent := 0; ; {
		due := int(time.Since(start).Seconds()*rate) + 1
		for ; sent < due; sent++ {
			if ctx.Err() != nil || !send() {
				return
			}
		}
		next := time.Duration(float64(sent) / rate * float64(time.Second))
		wait(ctx, next-time.Since(start))
	}
}
