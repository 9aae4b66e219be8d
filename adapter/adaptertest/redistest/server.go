//go:build unix

package redistest

import (
	"net"
	"net/url"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// readyWithin is how long a started server may take to answer a PING.
const readyWithin = 15 * time.Second

// Server is one redis-server. Its methods fail the test they were started in
// when they cannot do what they say. They may be called from any goroutine
// except Start, Stop, Kill, Restart, Pause and Resume, which belong to the
// test's own.
type Server struct {
	tb   testing.TB
	port int
	args []string // of the caller
	base []string // before them
	dir  string
	ca   string // the file of the authority to trust, empty without TLS

	mu      sync.Mutex
	proc    *process // nil while stopped
	frozen  bool
	changed *string // the password since it was changed, until the server is started anew
}

// Start runs a redis-server and returns when it answers. Further arguments are
// given to redis-server as they are, for example "--databases", "1"; some have
// a function here: [Password], [Durable], [MaxClients], [PubSubBuffer].
func Start(tb testing.TB, args ...string) *Server {
	tb.Helper()
	s := New(tb, args...)
	s.Start()
	return s
}

// New takes a free port for a server without starting it: the address of a
// Redis that is down, until [Server.Start].
func New(tb testing.TB, args ...string) *Server {
	tb.Helper()
	s := &Server{tb: tb, port: FreePort(tb), args: args, dir: tb.TempDir()}
	s.base = []string{
		"--bind", "127.0.0.1", "--port", strconv.Itoa(s.port), "--dir", s.dir,
		"--save", "", "--appendonly", "no", "--daemonize", "no", "--loglevel", "warning",
	}
	tb.Cleanup(s.Kill)
	return s
}

// Port is the server's TCP port.
func (s *Server) Port() int { return s.port }

// Addr is the server's address, as "127.0.0.1:port".
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// URL is the server's address as a redis:// URL, with the password if it has
// one; as a rediss:// URL, with a ca parameter, if it speaks TLS.
func (s *Server) URL() string { return s.urlOf(s.Addr()) }

// urlOf is URL for another address that leads to the server.
func (s *Server) urlOf(addr string) string {
	u := url.URL{Scheme: "redis", Host: addr}
	if p := s.password(); p != "" {
		u.User = url.UserPassword("", p)
	}
	if s.ca != "" {
		u.Scheme, u.RawQuery = "rediss", url.Values{"ca": {s.ca}}.Encode()
	}
	return u.String()
}

// PID is the process id of the running server, 0 while it is stopped.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc == nil {
		return 0
	}
	return s.proc.pid
}

// Start runs a server that is stopped, on its port, and returns when it
// answers.
func (s *Server) Start() {
	s.tb.Helper()
	if s.PID() != 0 {
		s.tb.Fatalf("redistest: %s runs already", s.Addr())
	}
	bin, err := exec.LookPath("redis-server")
	if err != nil {
		s.tb.Fatalf("redistest: %v: install redis-server (apt-get install redis-server)", err)
	}
	proc, err := startProcess(bin, slices.Concat(s.base, s.args))
	if err != nil {
		s.tb.Fatalf("redistest: start redis-server: %v", err)
	}
	s.mu.Lock()
	s.proc, s.changed = proc, nil
	s.mu.Unlock()

	deadline := time.Now().Add(readyWithin)
	for {
		reply, err := s.command("PING")
		// A server that wants another password than the one known answers too.
		if reply == "PONG" || err != nil && strings.HasPrefix(err.Error(), "NOAUTH") {
			return
		}
		select {
		case <-proc.done:
			s.tb.Fatalf("redistest: redis-server ended at once: %s", proc.output())
		default:
		}
		if time.Now().After(deadline) {
			s.tb.Fatalf("redistest: %s did not answer within %s: %s %v", s.Addr(), readyWithin, reply, err)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// Stop ends the server as an administrator would, with SIGTERM, and returns
// when it is gone. What it held is lost unless it is [Durable].
func (s *Server) Stop() { s.end(syscall.SIGTERM) }

// Kill ends the server with SIGKILL, whether it is frozen or not. It does
// nothing to a server that is stopped.
func (s *Server) Kill() { s.end(syscall.SIGKILL) }

// Restart stops the server and starts it again on its port.
func (s *Server) Restart() {
	s.tb.Helper()
	s.Stop()
	s.Start()
}

// Pause freezes the server with SIGSTOP: connections stay open, nothing
// answers. [Server.Resume] ends that.
func (s *Server) Pause() { s.tb.Helper(); s.signal(syscall.SIGSTOP, true) }

// Resume lets a frozen server go on.
func (s *Server) Resume() { s.tb.Helper(); s.signal(syscall.SIGCONT, false) }

func (s *Server) end(sig syscall.Signal) {
	s.tb.Helper()
	s.mu.Lock()
	proc := s.proc
	s.proc, s.frozen = nil, false
	s.mu.Unlock()
	if proc == nil {
		return
	}
	if err := proc.end(sig); err != nil {
		s.tb.Errorf("redistest: end redis-server: %v", err)
	}
}

func (s *Server) signal(sig syscall.Signal, frozen bool) {
	s.tb.Helper()
	pid := s.PID()
	if pid == 0 {
		s.tb.Fatalf("redistest: %s is stopped", s.Addr())
	}
	if err := syscall.Kill(pid, sig); err != nil {
		s.tb.Fatalf("redistest: signal redis-server: %v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frozen = frozen
}

// answers tells whether the server runs and is not frozen.
func (s *Server) answers() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.proc != nil && !s.frozen
}
