package engineio

import "sync"

// What is copied together for one write, and from which size on a frame is
// written from where it lies instead.
const (
	gatherSize  = 64 << 10
	gatherLimit = 16 << 10
)

var gatherBuffers = sync.Pool{New: func() any { b := make([]byte, 0, gatherSize); return &b }}

// outbox holds the frames that wait to be written to one client, in order. The
// frames are shared with other outboxes and never written to.
type outbox struct {
	frames [][]byte
	first  int // index of the first frame not yet written
	offset int // bytes of it that are
	bytes  int // of all that waits
}

func (o *outbox) len() int { return len(o.frames) - o.first }

// weight is about what the outbox takes of memory.
func (o *outbox) weight() int { return o.bytes + 64*o.len() }

func (o *outbox) push(frame []byte) {
	o.frames = append(o.frames, frame)
	o.bytes += len(frame)
}

// next is what to write next: the first frame where it is long or alone, else
// as many as scratch has room for, copied together.
func (o *outbox) next(scratch []byte) []byte {
	if o.len() == 0 {
		return nil
	}
	first := o.frames[o.first][o.offset:]
	if o.len() == 1 || len(first) >= gatherLimit {
		return first
	}
	out := append(scratch[:0], first...)
	for _, frame := range o.frames[o.first+1:] {
		if len(out)+len(frame) > cap(scratch) {
			break
		}
		out = append(out, frame...)
	}
	return out
}

// written takes n bytes off the front.
func (o *outbox) written(n int) {
	o.bytes -= n
	for n > 0 {
		rest := len(o.frames[o.first]) - o.offset
		if n < rest {
			o.offset += n
			return
		}
		n -= rest
		o.frames[o.first] = nil
		o.first, o.offset = o.first+1, 0
	}
	switch {
	case o.len() == 0:
		o.reset()
	case o.first > 64 && o.first > len(o.frames)/2:
		// A queue that never quite empties must not grow by what it has sent.
		o.frames = append(o.frames[:0], o.frames[o.first:]...)
		clear(o.frames[len(o.frames):cap(o.frames)])
		o.first = 0
	}
}

// takeAll empties the outbox and returns its frames, whole ones.
func (o *outbox) takeAll() [][]byte {
	frames := o.frames[o.first:]
	*o = outbox{}
	return frames
}

// reset empties the outbox, and keeps its memory only where that is little.
func (o *outbox) reset() {
	if cap(o.frames) > 16 {
		*o = outbox{}
		return
	}
	clear(o.frames)
	*o = outbox{frames: o.frames[:0]}
}
