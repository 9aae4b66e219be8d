package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// fanout is the load of Fanout while it runs.
type fanout struct {
	cfg      FanoutConfig
	clock    clock
	base     int // number of the first sender, so that other runs' are told apart
	prefixes [][]byte
	head     []byte // of a packet, up to the message's text

	listeners []*listener // one for each worker
	senders   []*sender
	open      int // clients that every message is to reach

	sending  atomic.Bool
	claimed  atomic.Int64 // messages of cfg.Messages
	measured atomic.Int64 // time from which latency counts, by the clock
}

// sender is a client that sends. Its client's worker guards it.
type sender struct {
	number int
	c      *client
	sent   int
	back   int           // how many came back to it
	moved  time.Duration // when one last did
	packet []byte
}

// listener is the handler of one worker.
type listener struct {
	f         *fanout
	w         *worker
	tallies   [][]tally // by client and sender
	latency   histogram
	delivered int // each once
	doubled   int
	reordered int
	foreign   int
}

func newFanout(cfg FanoutConfig) *fanout {
	f := &fanout{
		cfg:      cfg,
		clock:    newClock(),
		base:     rand.IntN(1_000_000) * maxSenders,
		prefixes: eventPrefixes(cfg.ReturnEvent),
		head:     []byte(`42[` + quoteJSON(cfg.Event) + `,{"message":"`),
	}
	f.measured.Store(int64(1<<63 - 1))
	return f
}

func (f *fanout) handler(w *worker) handler {
	l := &listener{f: f, w: w}
	f.listeners = append(f.listeners, l)
	return l
}

// packet follows one arrival.
func (l *listener) packet(c *client, packet []byte) {
	f := l.f
	s, ok := parseDelivery(packet, f.prefixes)
	number := s.sender - f.base
	if !ok || number < 0 || number >= len(f.senders) {
		l.foreign++
		return
	}
	switch l.tallies[c.index/f.cfg.Loops][number].see(s.seq) {
	case doubled:
		l.doubled++
		return
	case reordered:
		l.reordered++
	}
	l.delivered++
	now := f.clock.now()
	if s.sent >= time.Duration(f.measured.Load()) {
		l.latency.add(now - s.sent)
	}
	if own := f.senders[number]; own.c == c {
		own.back++
		own.moved = now
		if f.cfg.InFlight > 0 {
			f.send(own)
		}
	}
}

// prepare chooses the senders, evenly among the clients there are.
func (f *fanout) prepare(clients []*client) {
	f.open = len(clients)
	senders := make([]*sender, min(f.cfg.Senders, len(clients)))
	for i := range senders {
		senders[i] = &sender{number: i, c: clients[i*len(clients)/len(senders)]}
	}
	for _, l := range f.listeners {
		l.w.mu.Lock()
	}
	f.senders = senders
	for _, l := range f.listeners {
		l.tallies = make([][]tally, (f.cfg.Clients-1)/f.cfg.Loops+1)
		for _, c := range l.w.clients {
			l.tallies[c.index/f.cfg.Loops] = make([]tally, len(senders))
		}
		l.w.mu.Unlock()
	}
}

// send sends a sender's next message, if there is to be one. Its worker is
// locked.
func (f *fanout) send(s *sender) {
	if s.c.gone || !f.sending.Load() {
		return
	}
	if f.cfg.Messages > 0 && f.claimed.Add(1) > int64(f.cfg.Messages) {
		f.sending.Store(false)
		return
	}
	s.packet = append(s.packet[:0], f.head...)
	s.packet = appendText(s.packet, stamp{f.base + s.number, s.sent, f.clock.now()}, f.cfg.Size)
	s.packet = append(s.packet, `"}]`...)
	s.sent++
	s.c.send(s.packet) // where that fails the message counts as lost
}

// run sends for as long as it is to, and waits for what is under way.
func (f *fanout) run(ctx context.Context, r *run) error {
	f.prepare(r.fleet.clients())
	sending, stop := context.WithCancel(ctx)
	defer stop()
	f.sending.Store(true)
	var pacer sync.WaitGroup
	start := func() {
		pacer.Go(func() {
			defer stop() // where all messages are sent, before the time is over
			f.pace(sending)
		})
	}
	defer pacer.Wait()
	defer stop()
	note := func() string { return fmt.Sprintf("%d delivered", f.delivered()) }
	if f.cfg.Messages == 0 {
		r.bar.phase("warming up", timed(f.cfg.Warmup, note))
		start()
		wait(sending, f.cfg.Warmup)
	}
	r.bar.phase("fan-out", timed(f.cfg.Duration, note))
	before := f.delivered()
	f.measured.Store(int64(f.clock.now()))
	return r.measure(func() {
		if f.cfg.Messages > 0 {
			start()
		}
		wait(sending, f.cfg.Duration)
		f.sending.Store(false)
		stop()
		pacer.Wait()
		until(r.patience(ctx), f.complete, f.delivered)
		r.result.Count = float64(f.delivered() - before)
	})
}

// pace sends until ctx ends or enough is sent.
func (f *fanout) pace(ctx context.Context) {
	if f.cfg.InFlight > 0 {
		f.keepInFlight(ctx)
		return
	}
	next := 0
	pace(ctx, float64(f.cfg.Rate)/float64(f.open), func() bool {
		s := f.senders[next%len(f.senders)]
		next++
		s.c.w.mu.Lock()
		defer s.c.w.mu.Unlock()
		f.send(s)
		return f.sending.Load()
	})
}

// keepInFlight starts the messages that the handlers keep going, and starts
// anew where none came back for too long.
func (f *fanout) keepInFlight(ctx context.Context) {
	share := func(i int) int { return (i+1)*f.cfg.InFlight/len(f.senders) - i*f.cfg.InFlight/len(f.senders) }
	stalled := func(s *sender) bool { return s.sent == 0 || f.clock.now()-s.moved > f.cfg.Timeout }
	for ctx.Err() == nil && f.sending.Load() {
		for i, s := range f.senders {
			s.c.w.mu.Lock()
			if stalled(s) {
				s.moved = f.clock.now()
				for range share(i) {
					f.send(s)
				}
			}
			s.c.w.mu.Unlock()
		}
		wait(ctx, 20*time.Millisecond)
	}
}

// delivered is how many deliveries there were so far, each once.
func (f *fanout) delivered() int {
	n := 0
	for _, l := range f.listeners {
		l.w.mu.Lock()
		n += l.delivered
		l.w.mu.Unlock()
	}
	return n
}

// lost is how many deliveries are missing, at clients that are gone as well or
// only at those that are not.
func (f *fanout) lost(gone bool) int {
	sent := f.sent()
	n := 0
	for _, l := range f.listeners {
		l.w.mu.Lock()
		for _, c := range l.w.clients {
			if c.gone && !gone {
				continue
			}
			tallies := l.tallies[c.index/f.cfg.Loops]
			for i := range tallies {
				n += tallies[i].lost(sent[i])
			}
		}
		l.w.mu.Unlock()
	}
	return n
}

// sent is how many messages each sender has sent.
func (f *fanout) sent() []int {
	sent := make([]int, len(f.senders))
	for i, s := range f.senders {
		s.c.w.mu.Lock()
		sent[i] = s.sent
		s.c.w.mu.Unlock()
	}
	return sent
}

func (f *fanout) complete() bool { return f.lost(false) == 0 }

// report says in r what came of the messages.
func (f *fanout) report(r *Result) {
	if f.senders == nil {
		return // ended before it began
	}
	for _, n := range f.sent() {
		r.Sent += n
	}
	r.Expected = r.Sent * f.open
	r.Lost = f.lost(true)
	var latency histogram
	for _, l := range f.listeners {
		l.w.mu.Lock()
		r.Delivered += l.delivered
		r.Doubled += l.doubled
		r.Reordered += l.reordered
		r.Foreign += l.foreign
		latency.merge(&l.latency)
		l.w.mu.Unlock()
	}
	r.setLatency(&latency)
}
