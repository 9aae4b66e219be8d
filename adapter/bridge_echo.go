package adapter

import (
	"sync"
	"time"
)

// echoes are the messages sent that have not come back on the channel yet, in
// the order they were sent in. Redis returns them in that order, with those of
// other publishers in between, and a subscription that is lost returns no more:
// the answer to a PUBLISH alone does not tell whether this process got it.
type echoes struct {
	mu   sync.Mutex
	sent fifo[*publication]
	back fifo[*publication] // answered and arrived, to be settled
}

// expect adds messages that are about to be sent.
func (e *echoes) expect(batch []*publication) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, m := range batch {
		m.answered, m.arrived = time.Time{}, false
		e.sent.push(m)
	}
}

// arrived is told of every message from the channel; it returns whether one
// is to be settled now. Of two equal messages either will do.
func (e *echoes) arrived(payload string) (settle bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.sent.len() == 0 || string(e.sent.front().payload) != payload {
		return false
	}
	m := e.sent.pop()
	m.arrived = true
	if m.answered.IsZero() {
		return false
	}
	e.back.push(m)
	return true
}

// answered says that Redis took a message; it returns whether the message is
// back already, and so done.
func (e *echoes) answered(m *publication) (done bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	m.answered = time.Now()
	return m.arrived
}

// withdraw says that a message was not sent, or has its outcome already. The
// messages of the last pipeline are the last in line.
func (e *echoes) withdraw(m *publication) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sent.removeLast(func(other *publication) bool { return other == m })
}

// settled takes the messages that came back after they were answered.
func (e *echoes) settled() []*publication {
	e.mu.Lock()
	defer e.mu.Unlock()
	var done []*publication
	for e.back.len() > 0 {
		done = append(done, e.back.pop())
	}
	return done
}

// oldest is when the message that has been missing for longest was answered.
func (e *echoes) oldest() (answered time.Time, missing bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.sent.len() == 0 {
		return time.Time{}, false
	}
	return e.sent.front().answered, true
}

// lost takes the messages that will not come back, as the subscription ended.
func (e *echoes) lost() []*publication {
	e.mu.Lock()
	defer e.mu.Unlock()
	var lost []*publication
	for e.sent.len() > 0 {
		lost = append(lost, e.sent.pop())
	}
	return lost
}
