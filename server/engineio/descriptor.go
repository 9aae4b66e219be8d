package engineio

import "sync/atomic"

// descriptor counts who uses a connection's file descriptor at this moment, so
// that it is not closed, and given to another connection, meanwhile. net does
// the same, but asks the runtime's poller besides, each time, which a fan-out to
// thousands of connections feels.
type descriptor struct {
	fd    int
	users atomic.Int32 // and descriptorClosed
}

const descriptorClosed = 1 << 30

// use keeps the descriptor from being closed until done, if it is not yet.
func (d *descriptor) use() bool {
	for {
		users := d.users.Load()
		if users&descriptorClosed != 0 {
			return false
		}
		if d.users.CompareAndSwap(users, users+1) {
			return true
		}
	}
}

// done undoes use. It tells whether the connection is now to be closed.
func (d *descriptor) done() (last bool) {
	return d.users.Add(-1) == descriptorClosed
}

// close has every further use fail. It tells whether the connection is now to be
// closed; where it is not, who is last to use it does that.
func (d *descriptor) close() (unused bool) {
	return d.users.Or(descriptorClosed) == 0
}
