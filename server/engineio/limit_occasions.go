package engineio

import (
	"log/slog"
	"sync/atomic"
	"time"
)

// logEvery is how often one limit is logged at most: a flood of clients must not
// become a flood of the log.
const logEvery = time.Second

// occasions counts how often a limit was reached, and logs it now and then.
type occasions struct {
	log   *slog.Logger
	limit string // its name, for people

	count  atomic.Uint64
	logged atomic.Int64 // when, as Unix nanoseconds
}

func (o *occasions) add(attrs ...any) {
	count := o.count.Add(1)
	last, now := o.logged.Load(), time.Now().UnixNano()
	if now-last < int64(logEvery) || !o.logged.CompareAndSwap(last, now) {
		return
	}
	o.log.Warn("clients are held to a limit", append(attrs, "limit", o.limit, "times", count)...)
}
