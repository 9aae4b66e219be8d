package adapter

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"sync/atomic"
)

// dialFunc has the shape of rueidis.ClientOption.DialCtxFn.
type dialFunc = func(ctx context.Context, addr string, dialer *net.Dialer, config *tls.Config) (net.Conn, error)

// connSet makes the connections of one client and knows those that are open,
// so that they can be cut: a client's own Close waits for a Redis that hangs.
type connSet struct {
	network string
	dialer  dialFunc        // the user's own, nil where there is none
	ctx     context.Context // ends with closeAll
	cancel  context.CancelFunc
	ended   atomic.Uint64 // connections that were closed, by either side

	mu   sync.Mutex
	open map[*trackedConn]struct{}
}

// dialError marks an error that came before a connection was there: nothing
// was sent.
type dialError struct{ error }

func (e dialError) Unwrap() error { return e.error }

func isDialError(err error) bool {
	var d dialError
	return errors.As(err, &d)
}

func newConnSet(network string) *connSet {
	s := &connSet{network: network, open: map[*trackedConn]struct{}{}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// work runs the parts of a session until one of them fails, as fail is told, or live
// ends; then it cuts the connections, and gives the reason once all parts have ended.
func (s *connSet) work(live context.Context, fail context.CancelCauseFunc, parts ...func(context.Context) error) error {
	var running sync.WaitGroup
	for _, part := range parts {
		running.Go(func() {
			if err := part(live); err != nil {
				fail(err)
			}
		})
	}
	<-live.Done()
	s.closeAll() // an answer that is waited for will not come
	running.Wait()
	return context.Cause(live)
}

// dial has the shape of rueidis.ClientOption.DialCtxFn.
func (s *connSet) dial(ctx context.Context, addr string, dialer *net.Dialer, config *tls.Config) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)() //nolint:contextcheck // the set ends on its own

	var conn net.Conn
	var err error
	switch {
	case s.dialer != nil:
		conn, err = s.dialer(ctx, addr, dialer, config)
	case config != nil && s.network != "unix":
		conn, err = (&tls.Dialer{NetDialer: dialer, Config: config}).DialContext(ctx, s.network, addr)
	default:
		conn, err = dialer.DialContext(ctx, s.network, addr)
	}
	if err != nil {
		return nil, dialError{err}
	}
	tracked := &trackedConn{Conn: conn, set: s}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.ctx.Err(); err != nil {
		_ = conn.Close()
		return nil, dialError{err}
	}
	s.open[tracked] = struct{}{}
	return tracked, nil
}

// closeAll cuts every connection and refuses new ones.
func (s *connSet) closeAll() {
	s.cancel()
	s.mu.Lock()
	conns := make([]*trackedConn, 0, len(s.open))
	for c := range s.open {
		conns = append(conns, c)
	}
	s.mu.Unlock()
	for _, c := range conns {
		// A TLS connection's own Close says goodbye first, which waits for a
		// peer that hangs.
		if t, ok := c.Conn.(*tls.Conn); ok {
			_ = t.NetConn().Close()
		}
		_ = c.Close()
	}
}

// trackedConn is a connection that leaves its set when it is closed.
type trackedConn struct {
	net.Conn
	set *connSet
}

// Close closes the connection; the client calls it as soon as reading fails.
func (c *trackedConn) Close() error {
	c.set.mu.Lock()
	if _, open := c.set.open[c]; open {
		delete(c.set.open, c)
		c.set.ended.Add(1)
	}
	c.set.mu.Unlock()
	return c.Conn.Close()
}
