package dispatch

import (
	"cmp"
	"log/slog"
	"time"
)

// Config is what both halves share.
type Config struct {
	// MaxQueued bounds the packets that wait on one connection, in bytes as
	// they came and some for each; above it the connection is not read. It is 16
	// times as much while the client owes an ack, which may be behind them and be
	// what a handler waits for. Default 1 MiB.
	MaxQueued int
	// TurnTimeout is how long an event may stay with middleware that neither
	// refuses it nor passes it on while others wait behind it. Default 10 s.
	TurnTimeout time.Duration
	// DrainTimeout bounds how long the events of an ended connection may take
	// before its "disconnect" is emitted all the same. Default 10 s.
	DrainTimeout time.Duration
	// OnPanic is called after a handler panicked and was logged: ack answers
	// the client where it asked for an answer, else it is nil.
	OnPanic func(p Panic)
	// Logger takes panics and timeouts. Default slog.Default().
	Logger *slog.Logger
}

func (c Config) withDefaults() Config {
	c.MaxQueued = cmp.Or(c.MaxQueued, 1<<20)
	c.TurnTimeout = cmp.Or(c.TurnTimeout, 10*time.Second)
	c.DrainTimeout = cmp.Or(c.DrainTimeout, 10*time.Second)
	if c.OnPanic == nil {
		c.OnPanic = func(Panic) {}
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}
