package bench

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"
)

// run is what every kind of load does around its own work.
type run struct {
	cfg     Config
	targets []*target
	meter   *meter
	fleet   *fleet // nil until it is opened
	bar     *bar
	result  *Result

	stopWatch context.CancelFunc
	watching  sync.WaitGroup
}

// newRun checks cfg, which has its defaults, and reads the servers' processes.
func newRun(ctx context.Context, cfg Config, result *Result) (*run, error) {
	targets, err := resolveTargets(ctx, cfg.URLs, cfg.Remote)
	if err != nil {
		return nil, err
	}
	meter, err := newMeter(cfg.PIDs)
	if err != nil {
		return nil, err
	}
	raiseDescriptors(uint64(cfg.Clients + 2*cfg.Concurrency + 100))
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	r := &run{cfg: cfg, targets: targets, meter: meter, bar: newBar(cfg.Progress), result: result, stopWatch: stop}
	r.watching.Go(func() { meter.watch(watching) })
	result.Started = time.Now()
	result.Clients = cfg.Clients
	return r, nil
}

// workload is what is done with connections that are held.
type workload interface {
	// handler takes what arrives at the connections of a worker.
	handler(w *worker) handler
	// run works, once all connections are made.
	run(ctx context.Context, r *run) error
	// report says in r what came of it.
	report(r *Result)
}

// carry makes the connections, runs l on them and returns the result. When ctx
// ends that is what was measured up to then.
func (r *run) carry(ctx context.Context, l workload) (*Result, error) {
	interrupted, err := r.open(ctx, l.handler)
	if err != nil {
		return nil, err
	}
	if !interrupted {
		err = l.run(ctx, r)
	}
	r.result.Interrupted = ctx.Err() != nil
	r.fleet.report(r.result)
	l.report(r.result)
	return r.result, err
}

// open makes the connections. Where ctx ends before all are made it reports
// that by interrupted, with those that are.
func (r *run) open(ctx context.Context, newHandler func(w *worker) handler) (interrupted bool, err error) {
	if r.fleet, err = newFleet(r.cfg, newHandler); err != nil {
		return false, err
	}
	r.bar.phase("connecting", func() (float64, string) {
		n := r.fleet.opened.Load()
		return float64(n) / float64(r.cfg.Clients), strconv.FormatInt(n, 10) + " connections"
	})
	err = r.fleet.open(ctx, r.cfg, r.targets)
	if errors.Is(err, context.Canceled) {
		return true, nil
	}
	return false, err
}

// close ends the run and its connections.
func (r *run) close() {
	r.stopWatch()
	r.watching.Wait()
	if r.fleet != nil {
		r.fleet.close()
	}
	r.bar.close()
}

// measure reads the processes before and after work.
func (r *run) measure(work func()) error {
	from, err := r.meter.reading()
	if err != nil {
		return err
	}
	work()
	to, err := r.meter.reading()
	if err != nil {
		return fmt.Errorf("the server ended while it was measured: %w", err)
	}
	r.meter.report(r.result, from, to)
	return nil
}

// patience is how long the end waits for what has not arrived: not long where
// the user wants to end.
func (r *run) patience(ctx context.Context) time.Duration {
	if ctx.Err() != nil {
		return min(r.cfg.Timeout, time.Second)
	}
	return r.cfg.Timeout
}

// until waits until done says so or patience has passed since moved last
// changed. It looks every few milliseconds.
func until(patience time.Duration, done func() bool, moved func() int) {
	last, since := moved(), time.Now()
	for !done() {
		time.Sleep(10 * time.Millisecond)
		if now := moved(); now != last {
			last, since = now, time.Now()
		} else if time.Since(since) > patience {
			return
		}
	}
}

// wait waits for d, or the end of ctx.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
