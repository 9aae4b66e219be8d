package bench

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// echo is the load of Echo while it runs.
type echo struct {
	cfg      EchoConfig
	clock    clock
	head     []byte // of an event, up to its text
	callers  []*caller
	sending  atomic.Bool
	measured atomic.Int64 // time from which latency counts, by the clock
}

// caller is the handler of one worker.
type caller struct {
	e         *echo
	w         *worker
	calls     map[*client]*calls
	event     []byte // scratch
	latency   histogram
	sent      int
	answered  int
	doubled   int
	reordered int
	foreign   int
}

// calls are the events of a client.
type calls struct {
	next    int                   // number of the next
	highest int                   // answered so far
	open    map[int]time.Duration // when those that have no answer were sent
}

func (e *echo) handler(w *worker) handler {
	h := &caller{e: e, w: w, calls: map[*client]*calls{}}
	e.callers = append(e.callers, h)
	return h
}

// packet takes an answer, 3<number>[…].
func (h *caller) packet(c *client, packet []byte) {
	number, ok := ackNumber(packet)
	mine := h.calls[c]
	if !ok || mine == nil {
		h.foreign++
		return
	}
	sent, open := mine.open[number]
	switch {
	case !open && number < mine.next:
		h.doubled++
		return
	case !open:
		h.foreign++
		return
	case number < mine.highest:
		h.reordered++
	}
	mine.highest = max(mine.highest, number)
	delete(mine.open, number)
	h.answered++
	if sent >= time.Duration(h.e.measured.Load()) {
		h.latency.add(h.e.clock.now() - sent)
	}
	if h.e.cfg.Rate == 0 {
		h.send(c)
	}
}

// ackNumber is the number that an ACK packet answers.
func ackNumber(packet []byte) (int, bool) {
	if len(packet) == 0 || packet[0] != '3' {
		return 0, false
	}
	digits, _, found := bytes.Cut(packet[1:], []byte("["))
	if !found || len(digits) > 18 {
		return 0, false
	}
	n, err := strconv.ParseUint(string(digits), 10, 63)
	return int(n), err == nil
}

// send sends a client's next event. The worker is locked.
func (h *caller) send(c *client) {
	if c.gone || !h.e.sending.Load() {
		return
	}
	mine := h.calls[c]
	if mine == nil {
		mine = &calls{open: map[int]time.Duration{}}
		h.calls[c] = mine
	}
	now := h.e.clock.now()
	h.event = strconv.AppendInt(append(h.event[:0], "42"...), int64(mine.next), 10)
	h.event = append(h.event, h.e.head...)
	h.event = appendText(h.event, stamp{c.index, mine.next, now}, h.e.cfg.Size)
	h.event = append(h.event, `"}]`...)
	mine.open[mine.next] = now
	mine.next++
	h.sent++
	c.send(h.event)
}

func (e *echo) run(ctx context.Context, r *run) error {
	sending, stop := context.WithCancel(ctx)
	var pacer sync.WaitGroup
	defer pacer.Wait()
	defer stop()
	e.sending.Store(true)
	e.start(sending, r.fleet.clients(), &pacer)
	note := func() string { return fmt.Sprintf("%d answered", e.answered()) }
	r.bar.phase("warming up", timed(e.cfg.Warmup, note))
	wait(ctx, e.cfg.Warmup)
	r.bar.phase("echo", timed(e.cfg.Duration, note))
	before := e.answered()
	e.measured.Store(int64(e.clock.now()))
	return r.measure(func() {
		wait(ctx, e.cfg.Duration)
		e.sending.Store(false)
		stop()
		pacer.Wait()
		until(r.patience(ctx), e.complete, e.answered)
		r.result.Count = float64(e.answered() - before)
	})
}

// start sends the first events, or all of them at the set rate.
func (e *echo) start(ctx context.Context, clients []*client, pacer *sync.WaitGroup) {
	send := func(c *client) {
		c.w.mu.Lock()
		defer c.w.mu.Unlock()
		c.w.handler.(*caller).send(c)
	}
	if e.cfg.Rate > 0 {
		next := 0
		pacer.Go(func() {
			pace(ctx, float64(e.cfg.Rate), func() bool {
				send(clients[next%len(clients)])
				next++
				return true
			})
		})
		return
	}
	for _, c := range clients {
		for range e.cfg.InFlight {
			send(c)
		}
	}
}

// each runs f for each worker's handler, with the worker locked.
func (e *echo) each(f func(h *caller)) {
	for _, h := range e.callers {
		h.w.mu.Lock()
		f(h)
		h.w.mu.Unlock()
	}
}

// answered is how many events were answered so far.
func (e *echo) answered() int {
	n := 0
	e.each(func(h *caller) { n += h.answered })
	return n
}

// complete tells whether no client that is still there waits.
func (e *echo) complete() bool {
	done := true
	e.each(func(h *caller) {
		for c, mine := range h.calls {
			done = done && (c.gone || len(mine.open) == 0)
		}
	})
	return done
}

// report says in r what came of the events.
func (e *echo) report(r *Result) {
	var latency histogram
	e.each(func(h *caller) {
		r.Sent += h.sent
		r.Delivered += h.answered
		r.Doubled += h.doubled
		r.Reordered += h.reordered
		r.Foreign += h.foreign
		latency.merge(&h.latency)
	})
	r.Expected = r.Sent
	r.Lost = r.Sent - r.Delivered
	r.setLatency(&latency)
}
