package engineio

import (
	"net/netip"
	"time"
)

// maxAddresses bounds the addresses whose rate is remembered, twice: that of
// more of them is forgotten early.
const maxAddresses = 1 << 16

// addressTable is what each client address has of the server. An invalid address
// has nothing. Not safe for concurrent use.
type addressTable struct {
	sessions map[netip.Addr]int // of those that have any

	// The use of the rate, of two generations. When the newer one has grown old
	// enough for all in the older one to be paid for, or full, it becomes the
	// older one: so addresses are forgotten without being looked for.
	newer, older map[netip.Addr]bucket
	turned       time.Duration // when the newer one was begun
}

// enter counts a session of an address, unless it has max; 0 is no bound.
func (t *addressTable) enter(limit int, address netip.Addr) bool {
	if limit <= 0 || !address.IsValid() {
		return true
	}
	if t.sessions[address] >= limit {
		return false
	}
	if t.sessions == nil {
		t.sessions = map[netip.Addr]int{}
	}
	t.sessions[address]++
	return true
}

// leave undoes one enter that counted.
func (t *addressTable) leave(address netip.Addr) {
	switch n := t.sessions[address]; n {
	case 0:
	case 1:
		if delete(t.sessions, address); len(t.sessions) == 0 {
			t.sessions = nil // a map keeps the size it once had
		}
	default:
		t.sessions[address] = n - 1
	}
}

// attempt counts a handshake of an address, or tells how long it has to wait.
func (t *addressTable) attempt(r rate, address netip.Addr, now time.Duration) time.Duration {
	if r.each == 0 || !address.IsValid() {
		return 0
	}
	// After a burst's time an unused bucket is as good as none.
	if t.newer == nil || now-t.turned > r.burst || len(t.newer) >= maxAddresses {
		t.newer, t.older, t.turned = map[netip.Addr]bucket{}, t.newer, now
	}
	used, known := t.newer[address]
	if !known {
		used = t.older[address]
	}
	wait := r.allow(&used, now)
	t.newer[address] = used
	return wait
}
