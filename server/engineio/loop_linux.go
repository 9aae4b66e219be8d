package engineio

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// loop reads many websockets from one goroutine, by epoll: a goroutine for each
// would cost as much memory again as the rest of an idle connection. The epoll
// descriptor itself waits in the runtime's poller, so that no thread is blocked.
type loop struct {
	fd    int
	epoll *os.File // fd, in the runtime's poller; its Fd would take it out
	raw   syscall.RawConn
	buf   []byte

	mu    sync.Mutex
	conns []*websocket // by descriptor
}

// loopBuffer is how much is read of one connection at a time.
const loopBuffer = 64 << 10

func newLoop() (*loop, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil { // else os.File does not poll it
		_ = unix.Close(fd)
		return nil, fmt.Errorf("epoll: %w", err)
	}
	l := &loop{fd: fd, epoll: os.NewFile(uintptr(fd), "epoll"), buf: make([]byte, loopBuffer)}
	if l.raw, err = l.epoll.SyscallConn(); err != nil {
		_ = l.epoll.Close()
		return nil, fmt.Errorf("epoll: %w", err)
	}
	return l, nil
}

// run reads until the loop is closed.
func (l *loop) run() {
	events := make([]unix.EpollEvent, 256)
	var n int
	wait := func(fd uintptr) bool {
		var err error
		n, err = unix.EpollWait(int(fd), events, 0)
		return n > 0 || err != nil && !errors.Is(err, unix.EINTR)
	}
	for {
		if err := l.raw.Read(wait); err != nil {
			return
		}
		for _, event := range events[:max(n, 0)] {
			if c := l.conn(int(event.Fd)); c != nil {
				l.read(c)
			}
		}
	}
}

func (l *loop) close() { _ = l.epoll.Close() }

// read takes once what there is to read. The rest comes with the next round, so
// that one busy connection does not hold up the others.
func (l *loop) read(c *websocket) {
	n, err := c.tryRead(l.buf)
	if errors.Is(err, syscall.EAGAIN) {
		return
	}
	if err == nil {
		err = c.take(l.buf[:n])
	}
	if err != nil && !c.ended(err) {
		c.close()
		return
	}
	if c.s.gate.isHeld() {
		c.s.gate.whileHeld(func() { l.watch(c, false) }, func() { l.watch(c, true) })
	}
}

// add starts reading c.
func (l *loop) add(c *websocket) error {
	var addErr error
	err := c.raw.Control(func(fd uintptr) {
		l.mu.Lock()
		defer l.mu.Unlock()
		for len(l.conns) <= int(fd) {
			l.conns = append(l.conns, nil)
		}
		l.conns[fd] = c
		addErr = unix.EpollCtl(l.fd, unix.EPOLL_CTL_ADD, int(fd), &unix.EpollEvent{
			Events: unix.EPOLLIN | unix.EPOLLRDHUP, Fd: int32(fd),
		})
		if addErr != nil {
			l.conns[fd] = nil
		}
	})
	return errors.Join(err, addErr)
}

// watch turns the reading of c off, and on again.
func (l *loop) watch(c *websocket, on bool) {
	var events uint32
	if on {
		events = unix.EPOLLIN | unix.EPOLLRDHUP
	}
	_ = c.raw.Control(func(fd uintptr) { // which fails only when c is closed
		_ = unix.EpollCtl(l.fd, unix.EPOLL_CTL_MOD, int(fd), &unix.EpollEvent{Events: events, Fd: int32(fd)})
	})
}

// remove stops reading c, before its descriptor is closed.
func (l *loop) remove(c *websocket) {
	_ = c.raw.Control(func(fd uintptr) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if int(fd) < len(l.conns) && l.conns[fd] == c {
			l.conns[fd] = nil
			_ = unix.EpollCtl(l.fd, unix.EPOLL_CTL_DEL, int(fd), nil)
		}
	})
}

func (l *loop) conn(fd int) *websocket {
	l.mu.Lock()
	defer l.mu.Unlock()
	if fd >= len(l.conns) {
		return nil
	}
	return l.conns[fd]
}
