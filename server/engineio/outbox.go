package engineio

import "sync"

// What is copied together for one write, and from which size on a chunk is
// written from where it lies instead.
const (
	gatherSize  = 64 << 10
	gatherLimit = 16 << 10
)

var gatherBuffers = sync.Pool{New: func() any { b := make([]byte, 0, gatherSize); return &b }}

// outbox holds what waits to be written to one client, in order: chunks of whole
// frames, which may be shared with other outboxes and are never written to.
type outbox struct {
	chunks [][]byte
	first  int // index of the first chunk not yet written
	offset int // bytes of it that are
	bytes  int // of all that waits
}

func (o *outbox) len() int { return len(o.chunks) - o.first }

// weight is about what the outbox takes of memory.
func (o *outbox) weight() int { return o.bytes + 64*o.len() }

func (o *outbox) push(chunk []byte) {
	o.chunks = append(o.chunks, chunk)
	o.bytes += len(chunk)
}

// next is what to write next: the first chunk where it is long or alone, else
// as many as scratch has room for, copied together.
func (o *outbox) next(scratch []byte) []byte {
	if o.len() == 0 {
		return nil
	}
	first := o.chunks[o.first][o.offset:]
	if o.len() == 1 || len(first) >= gatherLimit {
		return first
	}
	out := append(scratch[:0], first...)
	for _, chunk := range o.chunks[o.first+1:] {
		if len(out)+len(chunk) > cap(scratch) {
			break
		}
		out = append(out, chunk...)
	}
	return out
}

// written takes n bytes off the front.
func (o *outbox) written(n int) {
	o.bytes -= n
	for n > 0 {
		rest := len(o.chunks[o.first]) - o.offset
		if n < rest {
			o.offset += n
			return
		}
		n -= rest
		o.chunks[o.first] = nil
		o.first, o.offset = o.first+1, 0
	}
	switch {
	case o.len() == 0:
		o.reset()
	case o.first > 64 && o.first > len(o.chunks)/2:
		// A queue that never quite empties must not grow by what it has sent.
		o.chunks = append(o.chunks[:0], o.chunks[o.first:]...)
		clear(o.chunks[len(o.chunks):cap(o.chunks)])
		o.first = 0
	}
}

// takeAll empties the outbox and returns its chunks, whole ones.
func (o *outbox) takeAll() [][]byte {
	chunks := o.chunks[o.first:]
	*o = outbox{}
	return chunks
}

// reset empties the outbox, and keeps its memory only where that is little.
func (o *outbox) reset() {
	if cap(o.chunks) > 16 {
		*o = outbox{}
		return
	}
	clear(o.chunks)
	*o = outbox{chunks: o.chunks[:0]}
}
