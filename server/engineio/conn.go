package engineio

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// errNoRawConn means that a connection has no descriptor to write to directly,
// as under TLS: its writes need a goroutine that may wait.
var errNoRawConn = errors.New("connection has no descriptor")

// errPeerGone ends the reading of a connection whose client went without a word.
var errPeerGone = errors.New("connection closed by the client")

// readBuffers lends buffers to connections that have something to read, so that
// idle ones hold none.
var readBuffers = sync.Pool{New: func() any { b := make([]byte, 16<<10); return &b }}

// netConn is one websocket's network connection.
type netConn struct {
	net.Conn
	raw syscall.RawConn // nil where the connection has no descriptor
}

func newNetConn(c net.Conn) netConn {
	n := netConn{Conn: c}
	if sc, ok := c.(syscall.Conn); ok && canReadDescriptors {
		if raw, err := sc.SyscallConn(); err == nil {
			n.raw = raw
		}
	}
	return n
}

// readSome waits until there is something to read, and only then takes a
// buffer, which it gives to use.
func (c netConn) readSome(use func([]byte) error) error {
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
	err := c.raw.Read(func(fd uintptr) bool {
		if buf == nil {
			buf = readBuffers.Get().(*[]byte)
		}
		n, readErr = readDescriptor(fd, *buf)
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
	case n == 0:
		return errPeerGone
	}
	return use((*buf)[:n])
}

// tryWrite writes what the kernel takes of p at once.
func (c netConn) tryWrite(p []byte) (n int, err error) {
	if c.raw == nil {
		return 0, errNoRawConn
	}
	w := rawWriters.Get().(*rawWriter)
	w.p, w.n, w.err = p, 0, nil
	err = c.raw.Write(w.write)
	if err == nil {
		err = w.err
	}
	n = w.n
	w.p = nil
	rawWriters.Put(w)
	return n, err
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

// rawWriter is one non-blocking write; its function is made once, since a
// closure for each write would be garbage.
type rawWriter struct {
	p     []byte
	n     int
	err   error
	write func(fd uintptr) bool
}

var rawWriters = sync.Pool{New: func() any {
	w := &rawWriter{}
	w.write = w.do
	return w
}}

func (w *rawWriter) do(fd uintptr) bool {
	n, err := writeDescriptor(fd, w.p)
	w.n = max(n, 0)
	if err != nil && !errors.Is(err, syscall.EAGAIN) {
		w.err = err
	}
	return true // even where it would block: the outbox waits, not this call
}
