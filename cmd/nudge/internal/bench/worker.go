package bench

import (
	"errors"
	"sync"
	"sync/atomic"
)

// worker owns a share of the clients: its lock guards them and the handler,
// which is the worker's own.
type worker struct {
	mu      sync.Mutex
	handler handler
	clients []*client
	scratch []byte
	ending  bool

	dropped atomic.Int64 // connections that the server ended
	reasons reasons
	loop    *loop // reads the clients; nil where each has a goroutine
	readers sync.WaitGroup
}

// drop gives a client up.
func (w *worker) drop(c *client, err error) {
	if c.gone {
		return
	}
	c.gone = true
	c.link.close()
	if !w.ending {
		w.dropped.Add(1)
		w.reasons.add(err)
	}
}

// feed gives a client what was read of it.
func (w *worker) feed(c *client, data []byte) {
	if c.gone {
		return
	}
	if err := c.take(data); err != nil {
		w.drop(c, err)
	}
}

// adopt makes a client of a wire whose handshake is done.
func (w *worker) adopt(index int, wire *wire) error {
	early, err := wire.release()
	if err != nil {
		_ = wire.Close()
		return err
	}
	c := &client{index: index, w: w}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.loop != nil {
		detached, err := w.loop.detach(wire.Conn, c)
		if err == nil {
			c.link = detached
		} else if !errors.Is(err, errNoDescriptor) {
			_ = wire.Close()
			return err
		}
	}
	w.clients = append(w.clients, c)
	if c.link != nil {
		w.feed(c, early)
		return nil
	}
	c.link = netLink{wire.Conn}
	w.feed(c, early)
	w.readers.Go(func() { w.read(c, wire.Conn) })
	return nil
}

// close says goodbye to the server and ends all reading.
func (w *worker) close() {
	w.mu.Lock()
	w.ending = true
	for _, c := range w.clients {
		if !c.gone {
			_ = c.write(opClose, []byte{0x03, 0xe8}) // 1000; it is closed either way
		}
		w.drop(c, nil)
	}
	w.mu.Unlock()
	w.readers.Wait()
	if w.loop != nil {
		w.loop.close()
	}
}
