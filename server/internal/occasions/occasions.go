// Package occasions counts how often clients are held to a limit, and logs it
// now and then: a flood of clients must not become a flood of the log.
package occasions

import (
	"log/slog"
	"sync/atomic"
	"time"
)

// every is how often one limit is logged at most.
const every = time.Second

// Counter counts the occasions of one limit.
type Counter struct {
	log   *slog.Logger
	limit string

	count  atomic.Uint64
	logged atomic.Int64 // when, as Unix nanoseconds
}

// New makes a counter of a limit, which is named for people.
func New(log *slog.Logger, limit string) *Counter { return &Counter{log: log, limit: limit} }

// Add counts one occasion; attrs tell about it in the log.
func (c *Counter) Add(attrs ...any) {
	count := c.count.Add(1)
	last, now := c.logged.Load(), time.Now().UnixNano()
	if now-last < int64(every) || !c.logged.CompareAndSwap(last, now) {
		return
	}
	c.log.Warn("clients are held to a limit", append(attrs, "limit", c.limit, "times", count)...)
}

// Count is how many occasions there were.
func (c *Counter) Count() uint64 { return c.count.Load() }
