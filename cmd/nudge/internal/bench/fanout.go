package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrConfig means that the settings of a run contradict each other.
var ErrConfig = errors.New("settings do not fit together")

// FanoutConfig is what Fanout is told. The zero value but for its URLs works.
type FanoutConfig struct {
	Config
	// Size is the length of a message's text in bytes; its stamp is always
	// whole. Default 64.
	Size int
	// Rate is how many deliveries a second there are to be in all. Default
	// 8000; not used where InFlight is set.
	Rate int
	// InFlight, if not 0, keeps that many messages under way: a sender sends
	// the next when one of its own has come back to it.
	InFlight int
	// Senders is how many of the clients send. Default 1, and with InFlight
	// as many as that.
	Senders int
	// Warmup is how long messages flow before anything is measured. Default 1 s.
	Warmup time.Duration
	// Duration is how long is measured. Default 10 s.
	Duration time.Duration
	// Messages, if not 0, is the most that are sent in all, and there is no
	// warm-up.
	Messages int
	// Event is what a message is sent as, ReturnEvent what it is delivered as.
	// Default "event:message" and "message".
	Event, ReturnEvent string
}

func (cfg FanoutConfig) withDefaults() FanoutConfig {
	cfg.Config = cfg.Config.withDefaults()
	cfg.Size = cmp.Or(cfg.Size, 64)
	cfg.Rate = cmp.Or(cfg.Rate, 8000)
	cfg.Senders = min(cmp.Or(cfg.Senders, cfg.InFlight, 1), cfg.Clients)
	cfg.Warmup = cmp.Or(cfg.Warmup, time.Second)
	cfg.Duration = cmp.Or(cfg.Duration, 10*time.Second)
	cfg.Event = cmp.Or(cfg.Event, "event:message")
	cfg.ReturnEvent = cmp.Or(cfg.ReturnEvent, "message")
	return cfg
}

// maxSenders bounds the memory for following each sender at each client.
const maxSenders = 1000

// Fanout has clients send messages that the server relays to all of them, and
// follows each message to each client. When ctx ends it returns what was
// measured up to then.
func Fanout(ctx context.Context, cfg FanoutConfig) (*Result, error) {
	cfg = cfg.withDefaults()
	if cfg.Senders > maxSenders {
		return nil, fmt.Errorf("%w: more than %d senders", ErrConfig, maxSenders)
	}
	result := &Result{Work: "fanout", Unit: "delivery", Settings: cfg.describe()}
	r, err := newRun(ctx, cfg.Config, result)
	if err != nil {
		return nil, err
	}
	defer r.close()
	load := newFanout(cfg)
	return r.carry(ctx, load)
}

func (cfg FanoutConfig) describe() string {
	pacing := fmt.Sprintf("%d deliveries/s", cfg.Rate)
	if cfg.InFlight > 0 {
		pacing = fmt.Sprintf("%d in flight", cfg.InFlight)
	}
	return fmt.Sprintf("%d clients, %d senders, %d bytes, %s, %s", cfg.Clients, cfg.Senders, cfg.Size, pacing, cfg.Duration)
}
