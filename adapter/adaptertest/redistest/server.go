//go:build unix

package redistest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
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

// cliTimeout bounds one command given with [Server.Do].
const cliTimeout = 10 * time.Second

// Server is one redis-server. Its methods fail the test they were started in
// when they cannot do what they say. They may be called from any goroutine
// except Start, Stop, Kill, Restart, Pause and Resume, which belong to the
// test's own.
type Server struct {
	tb   testing.TB
	port int
	args []string
	dir  string

	mu   sync.Mutex
	proc *process // nil while stopped
}

// Start runs a redis-server and returns when it answers. Further arguments are
// given to redis-server as they are, for example "--requirepass", "secret".
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
	tb.Cleanup(s.Kill)
	return s
}

// FreePort returns a TCP port of 127.0.0.1 that nothing listens on.
func FreePort(tb testing.TB) int {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("redistest: no free port: %v", err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// Port is the server's TCP port.
func (s *Server) Port() int { return s.port }

// Addr is the server's address, as "127.0.0.1:port".
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// URL is the server's address as a redis:// URL, with the password if the
// server was given one by --requirepass.
func (s *Server) URL() string {
	if p := s.password(); p != "" {
		return "redis://:" + url.PathEscape(p) + "@" + s.Addr()
	}
	return "redis://" + s.Addr()
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
	args := []string{
		"--bind", "127.0.0.1", "--port", strconv.Itoa(s.port), "--dir", s.dir,
		"--save", "", "--appendonly", "no", "--daemonize", "no", "--loglevel", "warning",
	}
	proc, err := startProcess(bin, append(args, s.args...))
	if err != nil {
		s.tb.Fatalf("redistest: start redis-server: %v", err)
	}
	s.mu.Lock()
	s.proc = proc
	s.mu.Unlock()

	deadline := time.Now().Add(readyWithin)
	for {
		reply, err := s.cli(nil, "PING")
		// NOAUTH, or an error of a cluster not formed yet, is an answer too.
		if err == nil && (reply == "PONG" || strings.HasPrefix(reply, "NOAUTH")) {
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
		time.Sleep(5 * time.Millisecond)
	}
}

// Stop ends the server as an administrator would, with SIGTERM, and returns
// when it is gone. What it held is lost unless its arguments ask otherwise.
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
func (s *Server) Pause() { s.signal(syscall.SIGSTOP) }

// Resume lets a frozen server go on.
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

// Do runs one command with redis-cli and returns its answer, lines joined by
// "\n" and without the last newline; an error answer fails the test.
func (s *Server) Do(args ...string) string {
	s.tb.Helper()
	return s.do(nil, args)
}

// Publish publishes payload, any bytes, on channel with redis-cli: a publisher
// that shares no code with the one under test. It returns the number of
// receivers.
func (s *Server) Publish(channel string, payload []byte) int {
	s.tb.Helper()
	reply := s.do(payload, []string{"-x", "PUBLISH", channel})
	n, err := strconv.Atoi(reply)
	if err != nil {
		s.tb.Fatalf("redistest: PUBLISH answered %q", reply)
	}
	return n
}

func (s *Server) do(stdin []byte, args []string) string {
	s.tb.Helper()
	reply, err := s.cli(stdin, args...)
	if err != nil {
		s.tb.Fatalf("redistest: redis-cli %s: %v: %s", strings.Join(args, " "), err, reply)
	}
	return reply
}

func (s *Server) cli(stdin []byte, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), cliTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "redis-cli", append([]string{"-e", "-h", "127.0.0.1", "-p", strconv.Itoa(s.port)}, args...)...)
	cmd.Env = append(os.Environ(), "REDISCLI_AUTH="+s.password())
	if s.password() == "" {
		cmd.Env = os.Environ()
	}
	cmd.Stdin = bytes.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	return strings.TrimRight(string(out), "\n"), err
}

func (s *Server) password() string {
	i := slices.Index(s.args, "--requirepass")
	if i < 0 || i+1 >= len(s.args) {
		return ""
	}
	return s.args[i+1]
}

func (s *Server) end(sig syscall.Signal) {
	s.tb.Helper()
	s.mu.Lock()
	proc := s.proc
	s.proc = nil
	s.mu.Unlock()
	if proc == nil {
		return
	}
	if err := proc.end(sig); err != nil {
		s.tb.Errorf("redistest: end redis-server: %v", err)
	}
}

func (s *Server) signal(sig syscall.Signal) {
	s.tb.Helper()
	pid := s.PID()
	if pid == 0 {
		s.tb.Fatalf("redistest: %s is stopped", s.Addr())
	}
	if err := syscall.Kill(pid, sig); err != nil {
		s.tb.Fatalf("redistest: signal redis-server: %v", err)
	}
}

// process is a child that is reaped as soon as it ends.
type process struct {
	pid  int
	done chan struct{} // closed when it has been reaped
	out  *bytes.Buffer // read after done only
}

// startProcess runs a child that dies with the test binary where the system
// can do that, so that a test that panics leaves no server behind.
func startProcess(bin string, args []string) (*process, error) {
	p := &process{done: make(chan struct{}), out: new(bytes.Buffer)}
	started := make(chan error)
	go func() {
		defer close(p.done)
		cmd := exec.Command(bin, args...)
		cmd.Stdout, cmd.Stderr = p.out, p.out
		release := DieWithParent(cmd)
		defer release()
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		p.pid = cmd.Process.Pid
		started <- nil
		_ = cmd.Wait() // the signal that ended it is no news
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

func (p *process) end(sig syscall.Signal) error {
	select {
	case <-p.done:
		return nil // gone already, and its pid may be another's
	default:
	}
	if err := syscall.Kill(p.pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(readyWithin):
		return fmt.Errorf("process %d did not end within %s of %s", p.pid, readyWithin, sig)
	}
}

func (p *process) output() string {
	<-p.done
	return strings.TrimSpace(p.out.String())
}
