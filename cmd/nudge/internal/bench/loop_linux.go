package bench

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// errNoDescriptor means that a connection can only be read by a goroutine of
// its own, as under TLS.
var errNoDescriptor = errors.New("no descriptor to watch")

// maxPending bounds what waits for a server that does not read, in bytes a
// connection.
const maxPending = 16 << 20

// loop reads the clients of a worker from one goroutine, by epoll. It locks the
// worker for each batch of what it reads.
type loop struct {
	w    *worker
	fd   int
	wake [2]int    // a pipe that ends the waiting
	byFD []*client // guarded by the worker's lock
	buf  []byte
	done sync.WaitGroup
}

func newLoop(w *worker) (*loop, error) {
	l := &loop{w: w, buf: make([]byte, 64<<10)}
	var err error
	if l.fd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	if err := unix.Pipe2(l.wake[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		_ = unix.Close(l.fd)
		return nil, fmt.Errorf("pipe: %w", err)
	}
	if err := unix.EpollCtl(l.fd, unix.EPOLL_CTL_ADD, l.wake[0], &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(l.wake[0])}); err != nil {
		l.closeAll()
		return nil, fmt.Errorf("epoll: %w", err)
	}
	l.done.Go(l.run)
	return l, nil
}

// run waits and reads until the pipe is closed. A batch is short, so that who
// sends messages gets the worker's lock in between.
func (l *loop) run() {
	events := make([]unix.EpollEvent, 64)
	for {
		n, err := unix.EpollWait(l.fd, events, -1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return
		}
		l.w.mu.Lock()
		for _, event := range events[:max(n, 0)] {
			if int(event.Fd) == l.wake[0] {
				l.w.mu.Unlock()
				return
			}
			if c := l.byFD[event.Fd]; c != nil {
				l.ready(c, event)
			}
		}
		l.w.mu.Unlock()
	}
}

// ready reads once, and writes what has waited. Where more is left the next
// round has it.
func (l *loop) ready(c *client, event unix.EpollEvent) {
	if event.Events&unix.EPOLLOUT != 0 {
		if err := c.link.(*fdLink).flush(); err != nil {
			l.w.drop(c, err)
			return
		}
	}
	if event.Events&^unix.EPOLLOUT == 0 {
		return
	}
	n, err := unix.Read(int(event.Fd), l.buf)
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
	case err != nil:
		l.w.drop(c, err)
	case n == 0:
		l.w.drop(c, errClosed)
	default:
		l.w.feed(c, l.buf[:n])
	}
}

// detach takes a connection away from the runtime's poller, which would wake
// for everything that arrives, and watches it here.
func (l *loop) detach(conn net.Conn, c *client) (*fdLink, error) {
	owner, ok := conn.(syscall.Conn)
	if !ok {
		return nil, errNoDescriptor
	}
	raw, err := owner.SyscallConn()
	if err != nil {
		return nil, err
	}
	fd := -1
	var dupErr error
	if err := raw.Control(func(original uintptr) {
		fd, dupErr = unix.FcntlInt(original, unix.F_DUPFD_CLOEXEC, 0)
	}); err != nil {
		return nil, err
	}
	if dupErr != nil {
		return nil, dupErr
	}
	if err := unix.EpollCtl(l.fd, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("epoll: %w", err)
	}
	_ = conn.Close() // its duplicate lives on
	for len(l.byFD) <= fd {
		l.byFD = append(l.byFD, nil)
	}
	l.byFD[fd] = c
	return &fdLink{loop: l, fd: fd}, nil
}

func (l *loop) close() {
	_ = unix.Close(l.wake[1]) // which makes the other end readable
	l.done.Wait()
	_ = unix.Close(l.wake[0])
	_ = unix.Close(l.fd)
}

func (l *loop) closeAll() {
	for _, fd := range append(l.wake[:], l.fd) {
		_ = unix.Close(fd)
	}
}

// fdLink writes to a descriptor without waiting.
type fdLink struct {
	loop    *loop
	fd      int
	pending []byte // what the kernel has not taken yet
}

func (f *fdLink) write(data []byte) error {
	if len(f.pending) > 0 {
		if len(f.pending) > maxPending {
			return errors.New("the server does not read")
		}
		f.pending = append(f.pending, data...)
		return nil
	}
	n, err := unix.Write(f.fd, data)
	if err != nil && !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
		return err
	}
	if n = max(n, 0); n < len(data) {
		f.pending = append(f.pending, data[n:]...)
		return f.watch(unix.EPOLLIN | unix.EPOLLOUT)
	}
	return nil
}

func (f *fdLink) flush() error {
	n, err := unix.Write(f.fd, f.pending)
	if err != nil {
		if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) {
			return nil
		}
		return err
	}
	if f.pending = f.pending[n:]; len(f.pending) > 0 {
		return nil
	}
	f.pending = nil
	return f.watch(unix.EPOLLIN)
}

func (f *fdLink) watch(events uint32) error {
	return unix.EpollCtl(f.loop.fd, unix.EPOLL_CTL_MOD, f.fd, &unix.EpollEvent{Events: events, Fd: int32(f.fd)})
}

func (f *fdLink) close() {
	f.loop.byFD[f.fd] = nil
	_ = unix.Close(f.fd) // which ends the watching too: no duplicate is left
}
