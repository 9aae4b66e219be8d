package bench

import (
	"cmp"
	"context"
	"fmt"
	"time"
)

// IdleConfig is what Idle is told. The zero value but for its URLs works.
type IdleConfig struct {
	Config
	// Settle is how long is waited after the last handshake before anything is
	// measured. Default 2 s.
	Settle time.Duration
	// Hold is how long the connections are held and measured. Default 30 s,
	// which has a ping of every connection at a server's default of 25 s.
	Hold time.Duration
}

func (cfg IdleConfig) withDefaults() IdleConfig {
	cfg.Config = cfg.Config.withDefaults()
	cfg.Settle = cmp.Or(cfg.Settle, 2*time.Second)
	cfg.Hold = cmp.Or(cfg.Hold, 30*time.Second)
	return cfg
}

// Idle holds connections that say nothing but answers to pings. When ctx ends
// it returns what was measured up to then.
func Idle(ctx context.Context, cfg IdleConfig) (*Result, error) {
	cfg = cfg.withDefaults()
	result := &Result{
		Work:     "idle",
		Unit:     "connection minute",
		Settings: fmt.Sprintf("%d clients, held for %s", cfg.Clients, cfg.Hold),
	}
	r, err := newRun(ctx, cfg.Config, result)
	if err != nil {
		return nil, err
	}
	defer r.close()
	return r.carry(ctx, &idle{cfg: cfg})
}

// idle counts what arrives though nothing was asked.
type idle struct {
	cfg       IdleConfig
	listeners []*idleListener
}

type idleListener struct {
	w       *worker
	foreign int
}

func (l *idle) handler(w *worker) handler {
	h := &idleListener{w: w}
	l.listeners = append(l.listeners, h)
	return h
}

func (l *idle) run(ctx context.Context, r *run) error {
	note := func() string { return fmt.Sprintf("%d dropped", r.fleet.dropped()) }
	r.bar.phase("settling", timed(l.cfg.Settle, note))
	wait(ctx, l.cfg.Settle)
	if ctx.Err() != nil {
		return nil //nolint:nilerr // an early end is a result, of nothing measured
	}
	r.bar.phase("holding", timed(l.cfg.Hold, note))
	return r.measure(func() { wait(ctx, l.cfg.Hold) })
}

func (h *idleListener) packet(*client, []byte) { h.foreign++ }

func (l *idle) report(r *Result) {
	for _, h := range l.listeners {
		h.w.mu.Lock()
		r.Foreign += h.foreign
		h.w.mu.Unlock()
	}
	held := r.Open - r.Dropped
	r.Count = float64(held) * r.Seconds / 60
	if held == 0 {
		return
	}
	var grown int64
	for _, p := range r.Servers {
		grown += p.RSSAfter - p.RSSBefore
	}
	r.RSSPerConnection = float64(grown) / float64(held)
}
