package engineio

import (
	"runtime"
	"sync"
	"weak"
)

// deflateCache knows the compressed forms of frames that are still in use, so
// that those which many sessions share are compressed once. The zero value is
// ready.
type deflateCache struct {
	mu     sync.Mutex
	frames map[weak.Pointer[byte]]*deflated
}

// deflated is the compressed form of some frames. It must not hold on to the
// frames, which are what keeps it.
type deflated struct {
	once sync.Once
	data []byte // nil where compressing does not pay
}

// get returns frames with the messages of from bytes or more compressed, or
// frames itself where that is no shorter.
func (c *deflateCache) get(frames []byte, from int) []byte {
	d := c.entry(frames)
	d.once.Do(func() { d.data = deflateFrames(frames, from) })
	if d.data == nil {
		return frames
	}
	return d.data
}

func (c *deflateCache) entry(frames []byte) *deflated {
	key := weak.Make(&frames[0])
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.frames[key]
	if d == nil {
		if c.frames == nil {
			c.frames = map[weak.Pointer[byte]]*deflated{}
		}
		d = &deflated{}
		c.frames[key] = d
		runtime.AddCleanup(&frames[0], c.forget, key)
	}
	return d
}

// forget drops the form of frames that nobody holds any more.
func (c *deflateCache) forget(key weak.Pointer[byte]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.frames, key)
}
