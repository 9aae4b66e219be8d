package server

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

func listenBounded(t *testing.T, limit int64) (l *boundedListener, accepted chan net.Conn) {
	t.Helper()
	l = newBoundedListener()
	l.limit = limit
	if err := l.listen(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	accepted = make(chan net.Conn)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- conn
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return l, accepted
}

func dialListener(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return conn
}

func TestBoundedListener(t *testing.T) {
	l, accepted := listenBounded(t, 2)
	for range 3 {
		dialListener(t, l)
		dialListener(t, l)
		first, second := <-accepted, <-accepted
		for range 2 {
			answer, err := io.ReadAll(dialListener(t, l))
			if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 503 ") {
				t.Errorf("beyond the limit: %q, %v", answer, err)
			}
		}
		_ = first.Close()
		_ = first.Close() // counts once
		dialListener(t, l)
		third := <-accepted
		_ = second.Close()
		_ = third.Close()
	}
	if open, refused := l.open.Load(), l.refused.Load(); open != 0 || refused != 6 {
		t.Errorf("%d open, %d refused; want 0, 6", open, refused)
	}
}

func TestUnboundedListener(t *testing.T) {
	l, accepted := listenBounded(t, 0)
	dialListener(t, l)
	_ = (<-accepted).Close()
}

// Connections keep what the engine needs of a TCP connection, and leave their
// places also where they were taken over from net/http.
func TestListenerCountsConnections(t *testing.T) {
	s := start(t, Config{})
	l := s.listener
	c := s.connect()
	s.request("GET", "/healthz", "")
	if n := l.open.Load(); n != 2 {
		t.Errorf("%d connections are open, want 2", n)
	}
	_ = c.Conn.Close()
	s.web.CloseIdleConnections()
	eventually(t, "end of the connections", func() bool { return l.open.Load() == 0 })
	s.end()
	if n := l.open.Load(); n != 0 {
		t.Errorf("%d connections are open at the end", n)
	}
}
