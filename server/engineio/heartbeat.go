package engineio

import (
	"sync"
	"time"
)

// wheelSlots is the number of slots of the heartbeat; one of them is emptied
// each tick. They are few, so that the pings of many idle connections leave
// together, and the process wakes less often: a ping is late by a sixtieth of
// the longest time at most, and never early.
const wheelSlots = 64

// heartbeat is the one timer of all sessions: a wheel of slots, each a list of
// the sessions due in it, so that a session holds no timer of its own.
type heartbeat struct {
	tick time.Duration

	mu    sync.Mutex
	slots [wheelSlots]*Socket
	now   int
	since time.Time // when now began; it lies behind where the process is busy
}

// timerLinks ties a session into a slot. Guarded by heartbeat.mu.
type timerLinks struct {
	next, prev *Socket
	slot       int // index+1 of the slot it is in, 0 for none
}

// maxBehind is how far the wheel may lie behind. A process that was kept from
// running for longer was frozen: then its clients could not answer, and their
// times go on from where they stood.
const maxBehind = time.Second

// newHeartbeat measures times of up to longest.
func newHeartbeat(longest time.Duration) *heartbeat {
	// Some slots are spare, so that the longest time never laps the wheel.
	return &heartbeat{tick: max((longest+maxBehind)/(wheelSlots-4), 2*time.Millisecond), since: time.Now()}
}

// run calls each due session until stop is closed.
func (h *heartbeat) run(stop <-chan struct{}) {
	ticker := time.NewTicker(h.tick)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case now := <-ticker.C:
			// A ticker drops ticks of a busy process: make up for them.
			for range h.behind(now) {
				for s := h.advance(); s != nil; {
					next := s.due
					s.due = nil
					s.onTimer()
					s = next
				}
			}
		}
	}
}

// behind is the number of ticks to make.
func (h *heartbeat) behind(now time.Time) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now.Sub(h.since) > maxBehind+h.tick {
		h.since = now.Add(-h.tick)
	}
	return int(now.Sub(h.since) / h.tick)
}

// advance empties the next slot into a chain linked by Socket.due.
func (h *heartbeat) advance() *Socket {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = (h.now + 1) % wheelSlots
	h.since = h.since.Add(h.tick)
	var chain *Socket
	for s := h.slots[h.now]; s != nil; {
		next := s.timer.next
		s.timer = timerLinks{}
		s.due = chain
		chain = s
		s = next
	}
	h.slots[h.now] = nil
	return chain
}

// after has the session called once in d, instead of when it was due before. The
// time runs from now, and not from where the wheel lies behind.
func (h *heartbeat) after(s *Socket, d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	d += max(0, min(time.Since(h.since), maxBehind+h.tick))
	ticks := min(int((d+h.tick-1)/h.tick), wheelSlots-1)
	h.unlink(s)
	slot := (h.now + ticks) % wheelSlots
	head := h.slots[slot]
	s.timer = timerLinks{next: head, slot: slot + 1}
	if head != nil {
		head.timer.prev = s
	}
	h.slots[slot] = s
}

// stop takes the session off the wheel.
func (h *heartbeat) stop(s *Socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.unlink(s)
}

func (h *heartbeat) unlink(s *Socket) {
	if s.timer.slot == 0 {
		return
	}
	if s.timer.prev != nil {
		s.timer.prev.timer.next = s.timer.next
	} else {
		h.slots[s.timer.slot-1] = s.timer.next
	}
	if s.timer.next != nil {
		s.timer.next.timer.prev = s.timer.prev
	}
	s.timer = timerLinks{}
}
