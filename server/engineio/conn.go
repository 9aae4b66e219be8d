package engineio

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// errNoDescriptor means that a connection has no descriptor to write to
// directly, as under TLS: its writes need a goroutine that may wait.
var errNoDescriptor = errors.New("connection has no descriptor")

// errPeerGone ends the reading of a connection whose client went without a word.
var errPeerGone = errors.New("connection closed by the client")

// readBuffers lends buffers to connections that have something to read, so that
// idle ones hold none.
var readBuffers = sync.Pool{New: func() any { b := make([]byte, 16<<10); return &b }}

// netConn is one websocket's network connection.
type netConn struct {
	net.Conn
	raw        syscall.RawConn // nil where the connection has no descriptor
	descriptor descriptor
}

// init takes the connection. It is not copied from then on.
func (c *netConn) init(conn net.Conn) {
	c.Conn = conn
	sc, ok := conn.(syscall.Conn)
	if !ok || !canReadDescriptors {
		return
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return
	}
	if raw.Control(func(fd uintptr) { c.descriptor.fd = int(fd) }) == nil {
		c.raw = raw
	}
}

// hangUp closes the connection, once no read or write is under way.
func (c *netConn) hangUp() {
	if c.descriptor.close() {
		_ = c.Conn.Close()
	}
}

// done ends the use of the descriptor.
func (c *netConn) done() {
	if c.descriptor.done() {
		_ = c.Conn.Close()
	}
}

// tryRead reads what has come, without waiting: 0 bytes and EAGAIN where
// nothing has.
func (c *netConn) tryRead(p []byte) (int, error) {
	if !c.descriptor.use() {
		return 0, net.ErrClosed
	}
	defer c.done()
	n, err := receiveFrom(c.descriptor.fd, p)
	if err == nil && n == 0 {
		return 0, errPeerGone
	}
	return max(n, 0), err
}

// tryWrite writes what the kernel takes of p at once.
func (c *netConn) tryWrite(p []byte) (int, error) {
	if c.raw == nil {
		return 0, errNoDescriptor
	}
	if !c.descriptor.use() {
		return 0, net.ErrClosed
	}
	defer c.done()
	n, err := sendTo(c.descriptor.fd, p)
	if errors.Is(err, syscall.EAGAIN) {
		err = nil // the outbox waits, not this call
	}
	return max(n, 0), err
}

// readSome waits until there is something to read, and only then takes a
// buffer, which it gives to use.
func (c *netConn) readSome(use func([]byte) error) error {
	if c.raw == nil {
		buf := readBuffers.Get().(*[]byte)
		defer readBuffers.Put(buf)
		n, err := c.Read(*buf)
		if err != nil {
			return err
		}
		return use((*buf)[:n])
	}
	var (
		buf     *[]byte
		n       int
		readErr error
	)
	defer func() {
		if buf != nil {
			readBuffers.Put(buf)
		}
	}()
	err := c.raw.Read(func(uintptr) bool {
		if buf == nil {
			buf = readBuffers.Get().(*[]byte)
		}
		n, readErr = c.tryRead(*buf)
		if errors.Is(readErr, syscall.EAGAIN) {
			readBuffers.Put(buf)
			buf = nil
			return false
		}
		return true
	})
	switch {
	case err != nil:
		return err
	case readErr != nil:
		return readErr
	}
	return use((*buf)[:n])
}

// writeAll writes p, waiting for the peer, but no longer than timeout for it to
// take anything at all.
func (c *websocket) writeAll(p []byte, timeout time.Duration) error {
	for len(p) > 0 {
		if err := c.SetWriteDeadline(time.Now().Add(timeout)); err != nil {
			return err
		}
		n, err := c.Write(p)
		p = p[n:]
		slow := errors.Is(err, os.ErrDeadlineExceeded) && n > 0 && c.goodbye.Load() == nil
		if err != nil && !slow {
			return err
		}
	}
	return c.SetWriteDeadline(time.Time{})
}
