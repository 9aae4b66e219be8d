package adapter

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// The kinds of a bridge.
const (
	KindRedis     = "redis"
	KindInProcess = "in-process"
)

// BridgeState is how a bridge is, and what it has done so far.
type BridgeState struct {
	// Kind is "redis" or "in-process".
	Kind string
	// Connected is whether the bridge is subscribed and able to publish.
	Connected bool
	// Since is when Connected last changed.
	Since time.Time
	// LastError is why the bridge is not connected, or was not when it last
	// was not; it is short and holds no password.
	LastError string

	// Queued and QueuedBytes are the messages taken by Publish that are not
	// done yet.
	Queued, QueuedBytes int

	// Published counts messages that were acknowledged.
	Published uint64
	// Delivered counts messages given to Deliver.
	Delivered uint64
	// Repaired counts those of them that had invalid UTF-8.
	Repaired uint64
	// Refused counts messages refused with ErrQueueFull or ErrClosed.
	Refused uint64
	// TooLarge counts messages refused with ErrTooLarge.
	TooLarge uint64
	// Unavailable counts messages that were taken but not sent.
	Unavailable uint64
	// Unknown counts messages of unknown outcome.
	Unknown uint64
	// DroppedTooLong counts messages from the channel longer than MaxPayload.
	DroppedTooLong uint64
	// DroppedOverflow counts messages from the channel that found QueueBytes
	// waiting for Deliver.
	DroppedOverflow uint64
	// Connects counts connections made, Lost those that ended unasked.
	Connects, Lost uint64
}

// State returns the bridge's state. It is cheap.
func (b *Bridge) State() BridgeState {
	connected, since, last := b.state.get()
	queued, queuedBytes := b.queue.size()
	c := &b.count
	return BridgeState{
		Kind: b.kind, Connected: connected, Since: since, LastError: last,
		Queued: queued, QueuedBytes: queuedBytes,
		Published: c.published.Load(), Delivered: c.delivered.Load(), Repaired: c.repaired.Load(),
		Refused: c.refused.Load(), TooLarge: c.tooLarge.Load(), Unavailable: c.unavailable.Load(), Unknown: c.unknown.Load(),
		DroppedTooLong: c.droppedTooLong.Load(), DroppedOverflow: c.droppedOverflow.Load(),
		Connects: c.connects.Load(), Lost: c.lost.Load(),
	}
}

type counters struct {
	published, delivered, repaired, refused, tooLarge, unavailable, unknown,
	droppedTooLong, droppedOverflow, connects, lost atomic.Uint64
}

// connState is whether the bridge is connected. The zero value is not.
type connState struct {
	mu        sync.Mutex
	connected bool
	since     time.Time
	err       string
}

func (s *connState) get() (connected bool, since time.Time, lastError string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connected, s.since, s.err
}

func (s *connState) lastError() string {
	_, _, err := s.get()
	return err
}

// up says that the bridge is connected, and returns how long it was not; 0 if
// it was.
func (s *connState) up() (away time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.connected {
		return 0
	}
	now := time.Now()
	away = now.Sub(s.since)
	s.connected, s.since = true, now
	return away
}

// down says that the bridge is not connected, and why. It returns whether it
// was until now.
func (s *connState) down(why string) (lost bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lost = s.connected
	if lost {
		s.connected, s.since = false, time.Now()
	}
	s.err = why
	return lost
}

// tally counts what is under way.
type tally struct {
	mu   sync.Mutex
	n    int
	zero chan struct{} // closed when n becomes 0; nil while no one waits
}

func (t *tally) add(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n += n
	if t.n == 0 && t.zero != nil {
		close(t.zero)
		t.zero = nil
	}
}

func (t *tally) value() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.n
}

func (t *tally) wait(ctx context.Context) error {
	t.mu.Lock()
	if t.n == 0 {
		t.mu.Unlock()
		return nil
	}
	if t.zero == nil {
		t.zero = make(chan struct{})
	}
	zero := t.zero
	t.mu.Unlock()
	select {
	case <-zero:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
