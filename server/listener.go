package server

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"nudge/server/internal/descriptors"
)

// boundedListener keeps connections, also those that never say a word, from
// taking the last descriptors: Redis and files need some. One beyond is told so
// and closed.
type boundedListener struct {
	*net.TCPListener
	limit   int64 // 0 is no bound
	open    atomic.Int64
	refused atomic.Uint64
}

// newBoundedListener lets as many connections in as the limit of open files
// leaves. That is more than there may be sessions by default, so that there is
// room to refuse a handshake in the protocol's own words.
func newBoundedListener() *boundedListener {
	limit := descriptors.Limit()
	return &boundedListener{limit: int64(limit - descriptors.Reserve(limit))}
}

// listen opens the listener, once.
func (l *boundedListener) listen(ctx context.Context, addr string) error {
	// A session's heartbeat and the HTTP server's timeouts find dead clients, and
	// four system calls a connection are spared.
	config := net.ListenConfig{KeepAlive: -1}
	listener, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", addr, err)
	}
	l.TCPListener = listener.(*net.TCPListener) // as "tcp" asks for
	return nil
}

// address is where it listens, nil where it could not.
func (l *boundedListener) address() net.Addr {
	if l.TCPListener == nil {
		return nil
	}
	return l.Addr()
}

// refusalText is what a connection beyond the limit is told before it asks.
const refusalText = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

// Accept waits for the next connection that is within the limit.
func (l *boundedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.AcceptTCP()
		if err != nil {
			return nil, err
		}
		if l.open.Add(1) <= l.limit || l.limit == 0 {
			return &boundedConn{TCPConn: conn, listener: l}, nil
		}
		l.open.Add(-1)
		l.refused.Add(1)
		_ = conn.SetWriteDeadline(time.Now().Add(time.Second)) // nothing else is queued: it does not wait
		_, _ = conn.Write([]byte(refusalText))
		_ = conn.Close()
	}
}

// boundedConn counts as open until it is closed.
type boundedConn struct {
	*net.TCPConn
	listener *boundedListener
	closed   atomic.Bool
}

func (c *boundedConn) Close() error {
	if !c.closed.Swap(true) {
		c.listener.open.Add(-1)
	}
	return c.TCPConn.Close()
}
