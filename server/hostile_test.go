package server

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// rawConn is a connection on which a test says what it likes.
func (s *testServer) rawConn() net.Conn {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.host)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return conn
}

// impatient is a server that waits for no client longer than a moment.
var impatient = Limits{HeaderTimeout: 100 * time.Millisecond, BodyTimeout: 100 * time.Millisecond}

// Connections that say nothing, or not enough, or too slowly, end soon, while
// others are served.
func TestUnfinishedRequests(t *testing.T) {
	s := start(t, Config{Limits: impatient})
	for name, c := range map[string]struct {
		begin string
		drip  string // what comes now and then, for ever
	}{
		"silence":          {"", ""},
		"half a line":      {"GET /soc", ""},
		"slow headers":     {"GET " + pollingPath + " HTTP/1.1\r\nHost: x\r\n", "X-A: b\r\n"},
		"slow letters":     {"GET " + pollingPath + " HTTP/1.1\r\nHost: x\r\nX-A: ", "b"},
		"no body":          {"POST SESSION HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n", ""},
		"slow body":        {"POST SESSION HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n4", "x"},
		"slow chunks":      {"POST SESSION HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\n4\r\n"},
		"unasked for body": {"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n", "x"},
	} {
		t.Run(name, func(t *testing.T) {
			session := s.connectPolling().path
			conn := s.rawConn()
			_, _ = io.WriteString(conn, strings.Replace(c.begin, "SESSION", session, 1))
			over := make(chan struct{})
			go func() {
				defer close(over)
				_, _ = io.Copy(io.Discard, conn)
			}()
			for {
				select {
				case <-over:
					if got := s.request(http.MethodGet, "/healthz", ""); got.status != 200 {
						t.Errorf("another client is answered %d", got.status)
					}
					return
				case <-time.After(10 * time.Millisecond):
					_, _ = io.WriteString(conn, c.drip)
				}
			}
		})
	}
	eventually(t, "end of all connections", func() bool {
		s.web.CloseIdleConnections()
		return s.listener.open.Load() == 0
	})
}

// Requests that are too long are refused before they are held in memory.
func TestOversizedRequests(t *testing.T) {
	s := start(t, Config{})
	long := strings.Repeat("x", 1<<20)
	for name, c := range map[string]struct {
		request string
		status  int
	}{
		"a header":       {"GET " + pollingPath + " HTTP/1.1\r\nHost: x\r\nX-A: " + long + "\r\n\r\n", 431},
		"many headers":   {"GET " + pollingPath + " HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X-A: b\r\n", 1<<17) + "\r\n", 431},
		"a query":        {"GET " + pollingPath + "&x=" + long + " HTTP/1.1\r\nHost: x\r\n\r\n", 431},
		"a session's id": {"GET " + pollingPath + "&sid=" + long[:8<<10] + " HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		"a body":         {"POST SESSION HTTP/1.1\r\nHost: x\r\nContent-Length: 1000001\r\n\r\n4" + long[:1_000_000], 413},
		"a chunked body": {"POST SESSION HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" +
			fmt.Sprintf("%x\r\n%s\r\n", len(long), long) + "0\r\n\r\n", 413},
		"a chunk's extension": {"POST SESSION HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;" + long + "\r\n4\r\n0\r\n\r\n", 400},
		"a trailer":           {"POST SESSION HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n4\r\n0\r\nX-A: " + long + "\r\n\r\n", 400},
	} {
		t.Run(name, func(t *testing.T) {
			request := strings.Replace(c.request, "SESSION", s.connectPolling().path, 1)
			conn := s.rawConn()
			go func() { _, _ = io.WriteString(conn, request) }() // it may be answered before it has all been sent
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode != c.status {
				t.Errorf("answered %d, want %d", res.StatusCode, c.status)
			}
		})
	}
}

// A header may be as long as the limit says.
func TestMaxHeader(t *testing.T) {
	s := start(t, Config{Limits: Limits{MaxHeader: 2000}})
	for length, want := range map[int]int{1500: 200, 20_000: 431} {
		if got := s.request(http.MethodGet, "/healthz", "", "X-A", strings.Repeat("x", length)); got.status != want {
			t.Errorf("%d bytes: %d, want %d", length, got.status, want)
		}
	}
}
