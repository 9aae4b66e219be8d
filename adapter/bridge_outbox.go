package adapter

import (
	"context"
	"sync"
	"time"
)

// The most that one pipeline or one delivery holds.
const (
	batchLen   = 256
	batchBytes = 1 << 20
)

// publication is one message on its way to the channel.
type publication struct {
	channel string       // "" for a bridge's own
	shard   bool         // goes by SPUBLISH
	entry   *streamEntry // is one of a stream, and channel its namespace
	payload []byte
	done    func(error)
	at      time.Time // when it was published

	// These belong to the echoes it is in.
	answered time.Time // when Redis had taken it
	arrived  bool      // it came back on the channel
}

func (m *publication) finish(err error) {
	if m.done != nil {
		m.done(err)
	}
}

// outbox holds the messages that wait to be published, in order, and bounds
// all that are not done, those under way included.
type outbox struct {
	maxLen, maxBytes int
	wait             time.Duration
	expired          func([]*publication) // told of messages that waited too long
	wake             chan struct{}        // holds a token when there may be something

	mu     sync.Mutex
	queue  fifo[*publication]
	held   int // messages not done
	bytes  int // their size
	closed bool
	timer  *time.Timer // runs while something waits
	timing sync.WaitGroup
}

func newOutbox(maxLen, maxBytes int, wait time.Duration, expired func([]*publication)) *outbox {
	return &outbox{maxLen: maxLen, maxBytes: maxBytes, wait: wait, expired: expired, wake: make(chan struct{}, 1)}
}

// put takes a message, or returns ErrQueueFull or ErrClosed.
func (o *outbox) put(m *publication) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return ErrClosed
	}
	if o.held >= o.maxLen || o.bytes+len(m.payload) > o.maxBytes {
		return ErrQueueFull
	}
	o.held++
	o.bytes += len(m.payload)
	o.queue.push(m)
	o.arm(o.wait)
	o.signal()
	return nil
}

// release gives up the room of a message that is done.
func (o *outbox) release(m *publication) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.held--
	o.bytes -= len(m.payload)
}

// take returns the next messages, at most batchLen of batchBytes; nil if
// there is none. It leaves a token if there are more.
func (o *outbox) take() []*publication {
	o.mu.Lock()
	defer o.mu.Unlock()
	var batch []*publication
	for size := 0; o.queue.len() > 0 && len(batch) < batchLen; {
		size += len(o.queue.front().payload)
		if size > batchBytes && len(batch) > 0 {
			break
		}
		if batch == nil {
			batch = make([]*publication, 0, min(o.queue.len(), batchLen))
		}
		batch = append(batch, o.queue.pop())
	}
	if o.queue.len() > 0 {
		o.signal()
	}
	return batch
}

// drain gives send all that waits, batch by batch, until it fails or ctx ends: what it has
// put back then is for the next connection.
func (o *outbox) drain(ctx context.Context, send func([]*publication) error) error {
	for batch := o.take(); len(batch) > 0; batch = o.take() {
		if err := send(batch); err != nil {
			return err
		}
		if ended(ctx) {
			return nil
		}
	}
	return nil
}

// putBack returns messages that were taken last, and not sent, to the front.
func (o *outbox) putBack(batch []*publication) {
	if len(batch) == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.queue.pushFront(batch)
	o.disarm() // it may have been set for a younger message meanwhile
	o.arm(time.Until(batch[0].at.Add(o.wait)))
	o.signal()
}

// close refuses messages from now on; what waits stays.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
}

// empty takes all that waits and ends the timer; it returns when no expiry is
// being told of any more.
func (o *outbox) empty() []*publication {
	o.mu.Lock()
	var rest []*publication
	for o.queue.len() > 0 {
		rest = append(rest, o.queue.pop())
	}
	o.disarm()
	o.mu.Unlock()
	o.timing.Wait()
	return rest
}

func (o *outbox) size() (held, bytes int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.held, o.bytes
}

func (o *outbox) signal() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// arm sets the timer unless it runs: it is set for the oldest message, so it
// is early enough for all.
func (o *outbox) arm(after time.Duration) {
	if o.timer != nil {
		return
	}
	o.timing.Add(1)
	o.timer = time.AfterFunc(max(after, 0), o.expire)
}

// disarm stops the timer unless it has fired already.
func (o *outbox) disarm() {
	if o.timer != nil && o.timer.Stop() {
		o.timer = nil
		o.timing.Done()
	}
}

func (o *outbox) expire() {
	defer o.timing.Done()
	o.mu.Lock()
	o.timer = nil
	var late []*publication
	for o.queue.len() > 0 {
		left := time.Until(o.queue.front().at.Add(o.wait))
		if left > 0 {
			o.arm(left)
			break
		}
		late = append(late, o.queue.pop())
	}
	o.mu.Unlock()
	o.expired(late)
}
