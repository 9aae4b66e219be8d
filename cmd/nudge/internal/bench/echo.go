package bench

import (
	"cmp"
	"context"
	"fmt"
	"time"
)

// EchoConfig is what Echo is told. The zero value but for its URLs works.
type EchoConfig struct {
	Config
	// Size is the length of an event's text in bytes; its stamp is always
	// whole. Default 64.
	Size int
	// Rate, if not 0, is how many events a second are sent in all.
	Rate int
	// InFlight is how many events of each client are under way where there is
	// no Rate. Default 1.
	InFlight int
	// Warmup is how long events flow before anything is measured. Default 1 s.
	Warmup time.Duration
	// Duration is how long is measured. Default 10 s.
	Duration time.Duration
	// Event is the event that is sent, and that the server acknowledges.
	// Default "echo".
	Event string
}

func (cfg EchoConfig) withDefaults() EchoConfig {
	cfg.Config = cfg.Config.withDefaults()
	cfg.Size = cmp.Or(cfg.Size, 64)
	cfg.InFlight = cmp.Or(cfg.InFlight, 1)
	cfg.Warmup = cmp.Or(cfg.Warmup, time.Second)
	cfg.Duration = cmp.Or(cfg.Duration, 10*time.Second)
	cfg.Event = cmp.Or(cfg.Event, "echo")
	return cfg
}

// Echo has each client send events and wait for their acknowledgements. When
// ctx ends it returns what was measured up to then.
func Echo(ctx context.Context, cfg EchoConfig) (*Result, error) {
	cfg = cfg.withDefaults()
	result := &Result{Work: "echo", Unit: "round trip", Settings: cfg.describe()}
	r, err := newRun(ctx, cfg.Config, result)
	if err != nil {
		return nil, err
	}
	defer r.close()
	load := &echo{cfg: cfg, clock: newClock(), head: []byte(`[` + quoteJSON(cfg.Event) + `,{"message":"`)}
	load.measured.Store(int64(1<<63 - 1))
	return r.carry(ctx, load)
}

func (cfg EchoConfig) describe() string {
	pacing := fmt.Sprintf("%d in flight each", cfg.InFlight)
	if cfg.Rate > 0 {
		pacing = fmt.Sprintf("%d events/s", cfg.Rate)
	}
	return fmt.Sprintf("%d clients, %d bytes, %s, %s", cfg.Clients, cfg.Size, pacing, cfg.Duration)
}
