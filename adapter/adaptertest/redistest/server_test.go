//go:build unix

package redistest_test

import (
	"context"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"

	"nudge/adapter/adaptertest/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestServerAnswersOnItsPort(t *testing.T) {
	s := redistest.Start(t)
	if got := s.Do("SET", "k", "v"); got != "OK" {
		t.Errorf("SET answered %q", got)
	}
	if got := s.Do("GET", "k"); got != "v" {
		t.Errorf("GET answered %q", got)
	}
	if n := s.Publish("nobody", []byte("a\x00\xff")); n != 0 {
		t.Errorf("PUBLISH reached %d", n)
	}
}

func TestPasswordIsInTheURL(t *testing.T) {
	s := redistest.Start(t, "--requirepass", "secret")
	if want := "redis://:secret@" + s.Addr(); s.URL() != want {
		t.Errorf("URL is %q, want %q", s.URL(), want)
	}
	if got := s.Do("PING"); got != "PONG" {
		t.Errorf("PING answered %q", got)
	}
}

func TestRestartKeepsThePort(t *testing.T) {
	s := redistest.Start(t)
	port, pid := s.Port(), s.PID()
	s.Do("SET", "k", "v")
	s.Restart()
	if s.Port() != port || s.PID() == pid {
		t.Errorf("port %d→%d, pid %d→%d", port, s.Port(), pid, s.PID())
	}
	if got := s.Do("GET", "k"); got != "" {
		t.Errorf("the restarted server still holds %q", got)
	}
}

func TestNewIsDownUntilStarted(t *testing.T) {
	s := redistest.New(t)
	if c, err := net.Dial("tcp", s.Addr()); err == nil {
		_ = c.Close()
		t.Error("something listens already")
	}
	if s.PID() != 0 {
		t.Error("a server that was not started has a pid")
	}
	s.Start()
	s.Do("PING")
	s.Kill()
	if c, err := net.Dial("tcp", s.Addr()); err == nil {
		_ = c.Close()
		t.Error("something listens after Kill")
	}
}

func TestPauseFreezesAndResumeThaws(t *testing.T) {
	s := redistest.Start(t)
	s.Pause()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	c, err := new(net.Dialer).DialContext(ctx, "tcp", s.Addr())
	if err != nil {
		t.Fatalf("a frozen server's kernel still accepts: %v", err)
	}
	defer func() { _ = c.Close() }()
	if _, err := c.Write([]byte("PING\r\n")); err != nil {
		t.Fatal(err)
	}
	_ = c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	buf := make([]byte, 7)
	if n, err := c.Read(buf); err == nil {
		t.Fatalf("a frozen server answered %q", buf[:n])
	}
	s.Resume()
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	if n, err := c.Read(buf); err != nil || string(buf[:n]) != "+PONG\r\n" {
		t.Fatalf("a thawed server answered %q, %v", buf[:n], err)
	}
}
