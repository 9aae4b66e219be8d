package engineio

import (
	"runtime"
	"sync"
	"weak"
)

// deflateCache knows the compressed forms of frames that are still in use, so
// that a frame which many sessions share is compressed once. The zero value is
// ready.
type deflateCache struct {
	mu     sync.Mutex
	frames map[weak.Pointer[byte]]*deflated
}

// deflated is the compressed form of a frame. It must not hold on to the frame,
// which is what keeps it.
type deflated struct {
	once sync.Once
	data []byte // nil where compressing does not pay
}

// get returns the compressed form of a frame, or the frame where that is no
// shorter.
func (c *deflateCache) get(frame []byte) []byte {
	d := c.entry(frame)
	d.once.Do(func() { d.data = deflate(frame) })
	if d.data == nil {
		return frame
	}
	return d.data
}

func (c *deflateCache) entry(frame []byte) *deflated {
	key := weak.Make(&frame[0])
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.frames[key]
	if d == nil {
		if c.frames == nil {
			c.frames = map[weak.Pointer[byte]]*deflated{}
		}
		d = &deflated{}
		c.frames[key] = d
		runtime.AddCleanup(&frame[0], c.forget, key)
	}
	return d
}

// forget drops the form of a frame that nobody holds any more.
func (c *deflateCache) forget(key weak.Pointer[byte]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.frames, key)
}
