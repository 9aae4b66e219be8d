package bench

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// The ways of connecting.
const (
	Websocket = "websocket" // a websocket from the start
	Polling   = "polling"   // HTTP requests
	Upgrade   = "upgrade"   // HTTP requests, and then a websocket, as browsers do
)

// ConnectConfig is what Connect is told. The zero value but for its URLs works.
// Its Clients are not used.
type ConnectConfig struct {
	Config
	// Transport is Websocket, Polling or Upgrade. Default Websocket.
	Transport string
	// Rate, if not 0, is how many handshakes are begun a second; those that
	// find Concurrency others under way wait.
	Rate int
	// Warmup is how long handshakes are made before anything is measured.
	// Default 1 s, none where Handshakes is set.
	Warmup time.Duration
	// Duration is how long is measured. Default 10 s.
	Duration time.Duration
	// Handshakes, if not 0, is the most that are made.
	Handshakes int
}

func (cfg ConnectConfig) withDefaults() ConnectConfig {
	cfg.Config = cfg.Config.withDefaults()
	cfg.Clients = 0
	cfg.Transport = cmp.Or(cfg.Transport, Websocket)
	cfg.Warmup = cmp.Or(cfg.Warmup, time.Second)
	cfg.Duration = cmp.Or(cfg.Duration, 10*time.Second)
	return cfg
}

// Connect makes connections up to the answer of the namespace, and closes them
// again. When ctx ends it returns what was measured up to then.
func Connect(ctx context.Context, cfg ConnectConfig) (*Result, error) {
	cfg = cfg.withDefaults()
	result := &Result{Work: "connect", Unit: "handshake", Settings: cfg.describe()}
	r, err := newRun(ctx, cfg.Config, result)
	if err != nil {
		return nil, err
	}
	defer r.close()
	load := &connects{cfg: cfg, targets: r.targets, clock: newClock()}
	load.measured.Store(int64(1<<63 - 1))
	err = load.run(ctx, r)
	result.Interrupted = ctx.Err() != nil
	load.report(result)
	if err == nil && result.Open == 0 && !result.Interrupted {
		err = fmt.Errorf("%w: %s", ErrNoClient, load.reasons.first())
	}
	return result, err
}

func (cfg ConnectConfig) describe() string {
	pacing := fmt.Sprintf("%d at a time", cfg.Concurrency)
	if cfg.Rate > 0 {
		pacing = fmt.Sprintf("%d a second", cfg.Rate)
	}
	return fmt.Sprintf("%s, %s, %s", cfg.Transport, pacing, cfg.Duration)
}

// connects is the load of Connect while it runs.
type connects struct {
	cfg      ConnectConfig
	targets  []*target
	clock    clock
	measured atomic.Int64 // time from which latency counts, by the clock
	begun    atomic.Int64
	made     atomic.Int64
	refused  atomic.Int64
	reasons  reasons

	mu      sync.Mutex
	latency histogram
}

func (l *connects) run(ctx context.Context, r *run) error {
	making, stop := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer stop()
	start := func() { l.start(making, stop, &workers) }
	note := func() string { return fmt.Sprintf("%d handshakes", l.made.Load()) }
	if l.cfg.Handshakes == 0 {
		r.bar.phase("warming up", timed(l.cfg.Warmup, note))
		start()
		wait(ctx, l.cfg.Warmup)
	}
	r.bar.phase("connect", timed(l.cfg.Duration, note))
	before := l.made.Load()
	l.measured.Store(int64(l.clock.now()))
	return r.measure(func() {
		if l.cfg.Handshakes > 0 {
			start()
		}
		wait(making, l.cfg.Duration)
		stop()
		workers.Wait()
		r.result.Count = float64(l.made.Load() - before)
	})
}

// start has handshakes made until ctx ends, or there are enough; then it stops
// the run.
func (l *connects) start(ctx context.Context, stop context.CancelFunc, workers *sync.WaitGroup) {
	turns := make(chan struct{})
	workers.Go(func() {
		defer close(turns)
		l.give(ctx, turns)
	})
	var makers sync.WaitGroup
	for range l.cfg.Concurrency {
		makers.Go(func() {
			for range turns {
				l.connect(ctx)
			}
		})
	}
	workers.Go(func() {
		makers.Wait()
		stop()
	})
}

// give gives a turn for each handshake that is to be begun.
func (l *connects) give(ctx context.Context, turns chan<- struct{}) {
	next := func() bool {
		if l.cfg.Handshakes > 0 && l.begun.Load() >= int64(l.cfg.Handshakes) {
			return false
		}
		select {
		case turns <- struct{}{}:
			l.begun.Add(1)
			return true
		case <-ctx.Done():
			return false
		}
	}
	if l.cfg.Rate > 0 {
		pace(ctx, float64(l.cfg.Rate), next)
		return
	}
	for next() {
	}
}

// connect makes a connection and closes it. One that was begun is finished,
// also where the run ends.
func (l *connects) connect(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.cfg.Timeout)
	defer cancel()
	t := l.targets[int(l.begun.Load())%len(l.targets)]
	began := l.clock.now()
	w, goodbye, err := l.open(ctx, t)
	if err != nil {
		l.refused.Add(1)
		l.reasons.add(err)
		return
	}
	took := l.clock.now() - began
	l.made.Add(1)
	if began >= time.Duration(l.measured.Load()) {
		l.mu.Lock()
		l.latency.add(took)
		l.mu.Unlock()
	}
	goodbye()
	_ = w.Close()
}

// open connects in the way that is measured, and returns how the server is
// told of the end.
func (l *connects) open(ctx context.Context, t *target) (w *wire, goodbye func(), err error) {
	closeFrame := func() {
		_, _ = w.Write(appendFrame(nil, opClose, []byte{0x03, 0xe8})) // 1000; it is closed either way
	}
	switch l.cfg.Transport {
	case Polling:
		var sid string
		w, sid, err = t.connectPolling(ctx)
		return w, func() { _ = w.post(t, sid, "1") }, err
	case Upgrade:
		w, err = t.connectUpgrade(ctx)
		return w, closeFrame, err
	}
	w, err = t.connectWebsocket(ctx)
	return w, closeFrame, err
}

// report says in r how many handshakes were made.
func (l *connects) report(r *Result) {
	r.Clients = int(l.begun.Load())
	r.Open = int(l.made.Load())
	r.Refused = int(l.refused.Load())
	r.Reasons = map[string]int{}
	l.reasons.addTo(r.Reasons)
	l.mu.Lock()
	defer l.mu.Unlock()
	r.setLatency(&l.latency)
}
