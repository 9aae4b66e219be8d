package adapter

import (
	"context"
	"log/slog"
	"sync"
)

// messageOverhead is what a waiting message takes besides its bytes.
const messageOverhead = 64

// inbox holds the messages received that have not been delivered, bounded in
// bytes: the connection's reader never waits for those who take them.
type inbox struct {
	maxBytes int
	wake     chan struct{}

	mu    sync.Mutex
	queue fifo[[]byte]
	bytes int
	burst bool // messages are being dropped, and that has been said
}

func newInbox(maxBytes int) *inbox {
	return &inbox{maxBytes: maxBytes, wake: make(chan struct{}, 1)}
}

// put adds a message. When there is no room, taken is false, and first is
// true for the first such message since there was.
func (i *inbox) put(payload []byte) (taken, first bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	size := len(payload) + messageOverhead
	if i.bytes+size > i.maxBytes && i.queue.len() > 0 {
		first, i.burst = !i.burst, true
		return false, first
	}
	i.bytes += size
	i.queue.push(payload)
	i.signal()
	return true, false
}

// take returns the next messages, at most batchLen of batchBytes.
func (i *inbox) take() [][]byte {
	i.mu.Lock()
	defer i.mu.Unlock()
	var batch [][]byte
	for size := 0; i.queue.len() > 0 && len(batch) < batchLen; {
		n := len(i.queue.front())
		size += n
		if size > batchBytes && len(batch) > 0 {
			break
		}
		if batch == nil {
			batch = make([][]byte, 0, min(i.queue.len(), batchLen))
		}
		batch = append(batch, i.queue.pop())
		i.bytes -= n + messageOverhead
	}
	if i.queue.len() > 0 {
		i.signal()
	} else {
		i.burst = false
	}
	return batch
}

func (i *inbox) signal() {
	select {
	case i.wake <- struct{}{}:
	default:
	}
}

// receive takes one message off the subscription. It runs in the client's
// reader, so it neither waits nor panics.
func (b *Bridge) receive(payload string) {
	// Counted before it can be delivered, so that Drain never sees a moment at
	// which nothing is under way.
	b.idle.add(1)
	taken := false
	defer func() {
		if p := recover(); p != nil {
			b.log.Error("a message from Redis was lost to a fault", slog.Any("panic", p))
		}
		if !taken {
			b.idle.add(-1)
		}
	}()
	taken = b.accept(payload)
	if b.echo.arrived(payload) {
		b.inbox.signal() // those who deliver settle it
	}
}

// accept queues a message for delivery unless it is too long or there is no
// room.
func (b *Bridge) accept(payload string) bool {
	if len(payload) > b.cfg.MaxPayload {
		b.count.droppedTooLong.Add(1)
		if b.tooLong.now() {
			b.log.Warn("dropped a message that is too long", slog.Int("bytes", len(payload)), slog.Int("allowed", b.cfg.MaxPayload))
		}
		return false
	}
	text, repaired := repairUTF8(payload)
	taken, first := b.inbox.put(text)
	if first {
		b.log.Warn("dropping messages: more arrive than are delivered", slog.Int("waiting_bytes", b.cfg.QueueBytes))
	}
	if !taken {
		b.count.droppedOverflow.Add(1)
		return false
	}
	if repaired {
		b.count.repaired.Add(1)
	}
	return true
}

// deliverAll hands what was received to Deliver until ctx ends, and then what
// is left.
func (b *Bridge) deliverAll(ctx context.Context) {
	for {
		ended := ctx.Err() != nil
		batch := b.inbox.take()
		done := b.echo.settled()
		b.deliver(batch)
		for _, m := range done {
			b.settle(m, nil)
		}
		b.idle.add(-len(batch))
		if len(batch) > 0 || len(done) > 0 {
			continue
		}
		if ended {
			return
		}
		select {
		case <-b.inbox.wake:
		case <-ctx.Done():
		}
	}
}

func (b *Bridge) deliver(batch [][]byte) {
	if len(batch) == 0 {
		return
	}
	b.count.delivered.Add(uint64(len(batch)))
	b.cfg.Deliver(batch)
}
