package bench

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// stub is a server that does wrong what a test wants it to.
type stub struct {
	// refuse tells whether the nth handshake, from 0, is answered 503.
	refuse func(n int) bool
	// relay returns what clients are to receive of the nth message; nil is all
	// of them, once.
	relay func(n int, message []byte) [][]byte
	// answer returns what a client is to receive for the nth event that asks
	// for an acknowledgement; nil is that.
	answer func(n int, number []byte) []string
	// greet is called with each new connection.
	greet func(n int, conn net.Conn)
	// taken is called with each text frame.
	taken func(text []byte)

	handshakes atomic.Int64
	mu         sync.Mutex
	conns      []net.Conn
	messages   int
	events     int
	serving    sync.WaitGroup
}

// start returns the stub's URL.
func (s *stub) start(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		server.Close()
		s.mu.Lock()
		for _, conn := range s.conns {
			_ = conn.Close()
		}
		s.mu.Unlock()
		s.serving.Wait()
	})
	return server.URL
}

func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := int(s.handshakes.Add(1)) - 1
	if s.refuse != nil && s.refuse(n) {
		http.Error(w, "full", http.StatusServiceUnavailable)
		return
	}
	conn, _, _, err := ws.UpgradeHTTP(r, w)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.write(conn, `0{"sid":"stub"}`)
	s.conns = append(s.conns, conn)
	s.serving.Go(func() { s.serve(n, conn) })
}

func (s *stub) write(conn net.Conn, text string) {
	_ = wsutil.WriteServerText(conn, []byte(text)) // the client may be gone
}

func (s *stub) serve(n int, conn net.Conn) {
	defer func() { _ = conn.Close() }()
	for {
		text, err := wsutil.ReadClientText(conn)
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.taken != nil {
			s.taken(text)
		}
		s.take(n, conn, text)
		s.mu.Unlock()
	}
}

func (s *stub) take(n int, conn net.Conn, text []byte) {
	if bytes.Equal(text, []byte("40")) {
		s.write(conn, `40{"sid":"stub"}`)
		if s.greet != nil {
			s.greet(n, conn)
		}
		return
	}
	if message, ok := bytes.CutPrefix(text, []byte(`42["event:message",`)); ok {
		s.broadcast(bytes.TrimSuffix(message, []byte("]")))
		return
	}
	if event, ok := bytes.CutPrefix(text, []byte("42")); ok {
		number, _, _ := bytes.Cut(event, []byte("["))
		answers := []string{fmt.Sprintf("43%s[]", number)}
		if s.answer != nil {
			answers = s.answer(s.events, number)
		}
		s.events++
		for _, answer := range answers {
			s.write(conn, answer)
		}
	}
}

func (s *stub) broadcast(message []byte) {
	copies := [][]byte{message}
	if s.relay != nil {
		copies = s.relay(s.messages, message)
	}
	s.messages++
	for _, each := range copies {
		for _, conn := range s.conns {
			s.write(conn, fmt.Sprintf(`42["message",%q]`, each))
		}
	}
}
