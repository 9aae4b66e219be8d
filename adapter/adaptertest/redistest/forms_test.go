//go:build unix

package redistest_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
)

// until polls a condition.
func until(t *testing.T, what string, met func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !met(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %s in 15 s", what)
		}
	}
}

func TestDurableHoldsOverAKill(t *testing.T) {
	s := redistest.Start(t, redistest.Durable()...)
	s.Do("SET", "k", "v")
	s.Kill()
	s.Start()
	if got := s.Do("GET", "k"); got != "v" {
		t.Errorf("after a kill, GET answered %q", got)
	}
	s.Restart()
	if got := s.Do("GET", "k"); got != "v" {
		t.Errorf("after a restart, GET answered %q", got)
	}
}

func TestTLSOnly(t *testing.T) {
	s := redistest.StartTLS(t, redistest.Password("secret")...)
	if got := s.Do("PING"); got != "PONG" {
		t.Errorf("PING answered %q", got)
	}
	if !strings.HasPrefix(s.URL(), "rediss://:secret@"+s.Addr()+"?ca=") {
		t.Errorf("URL %q", s.URL())
	}
	if _, err := os.Stat(s.CAFile()); err != nil {
		t.Error(err)
	}
	s.Restart()
	s.Do("PING")
}

func TestChangePassword(t *testing.T) {
	s := redistest.Start(t)
	s.ChangePassword("secret")
	if want := "redis://:secret@" + s.Addr(); s.URL() != want || s.Do("PING") != "PONG" {
		t.Errorf("URL is %q, want %q", s.URL(), want)
	}
	conn := dial(t, s.Addr())
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		t.Fatal(err)
	}
	if line, _ := bufio.NewReader(conn).ReadString('\n'); !strings.HasPrefix(line, "-NOAUTH") {
		t.Errorf("without the password, read %q", line)
	}
	s.ChangePassword("")
	if want := "redis://" + s.Addr(); s.URL() != want || s.Do("PING") != "PONG" {
		t.Errorf("URL is %q, want %q", s.URL(), want)
	}
}

// subscriber is a connection that has subscribed to a channel.
func subscriber(t *testing.T, addr string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn := dial(t, addr)
	r := bufio.NewReader(conn)
	if _, err := conn.Write([]byte("SUBSCRIBE c\r\n")); err != nil {
		t.Fatal(err)
	}
	for range 6 { // *3, the lengths and texts of subscribe and c, :1
		if _, err := r.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	return conn, r
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(15 * time.Second))
	return conn
}

func TestKillSubscribers(t *testing.T) {
	s := redistest.Start(t)
	_, r := subscriber(t, s.Addr())
	if n := s.KillSubscribers(); n != 1 {
		t.Errorf("killed %d connections", n)
	}
	if line, err := r.ReadString('\n'); err == nil {
		t.Errorf("the subscriber reads %q", line)
	}
}

func TestPubSubBufferClosesWhoDoesNotRead(t *testing.T) {
	s := redistest.Start(t, redistest.PubSubBuffer(64<<10)...)
	subscriber(t, s.Addr())
	until(t, "kick", func() bool { return s.Publish("c", make([]byte, 1<<20)) == 0 })
}

func TestMaxClients(t *testing.T) {
	s := redistest.Start(t, redistest.MaxClients(2)...)
	until(t, "free connections", func() bool { return strings.Contains(s.Do("INFO", "clients"), "connected_clients:1\r") })
	subscriber(t, s.Addr())
	subscriber(t, s.Addr())
	third := dial(t, s.Addr())
	line, err := bufio.NewReader(third).ReadString('\n')
	if err != nil || !strings.Contains(line, "max number of clients") {
		t.Errorf("the third client got %q, %v", line, err)
	}
}

func TestProxy(t *testing.T) {
	s := redistest.Start(t)
	p := redistest.StartProxy(t, s)
	if want := "redis://" + p.Addr(); p.URL() != want {
		t.Errorf("URL is %q, want %q", p.URL(), want)
	}
	conn := dial(t, p.Addr())
	r := bufio.NewReader(conn)
	ping := func(c net.Conn) {
		t.Helper()
		if _, err := c.Write([]byte("PING\r\n")); err != nil {
			t.Fatal(err)
		}
	}
	pong := func(r *bufio.Reader) {
		t.Helper()
		if line, err := r.ReadString('\n'); err != nil || line != "+PONG\r\n" {
			t.Fatalf("read %q, %v", line, err)
		}
	}
	ping(conn)
	pong(r)

	p.BlackHole()
	late := dial(t, p.Addr()) // it accepts all the same
	for _, c := range []net.Conn{conn, late} {
		ping(c)
		_ = c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		if n, err := c.Read(make([]byte, 1)); err == nil {
			t.Fatalf("read %d bytes out of a black hole", n)
		}
		_ = c.SetReadDeadline(time.Now().Add(15 * time.Second))
	}
	p.Heal()
	pong(r)
	pong(bufio.NewReader(late))

	p.Cut()
	if line, err := r.ReadString('\n'); err == nil {
		t.Errorf("after the cut, read %q", line)
	}
	again := dial(t, p.Addr())
	ping(again)
	pong(bufio.NewReader(again))
}

func TestSlot(t *testing.T) {
	s := redistest.Start(t, "--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(redistest.FreePort(t)))
	for _, key := range []string{"", "foo", "socket.io#/#", "{a}b", "b{a}c", "{}a", "{a", "a}b{c}", "{a}{b}", "héé"} {
		if want := s.Do("CLUSTER", "KEYSLOT", key); fmt.Sprint(redistest.Slot(key)) != want {
			t.Errorf("the slot of %q is %d, want %s", key, redistest.Slot(key), want)
		}
	}
}

func TestCluster(t *testing.T) {
	t.Parallel() // most of it is waiting
	start := time.Now()
	c := redistest.StartCluster(t, redistest.Password("secret")...)
	t.Logf("formed in %s", time.Since(start).Round(time.Millisecond))
	if n := len(c.Nodes()); n != 6 {
		t.Fatalf("%d nodes", n)
	}
	if n := strings.Count(c.URL(), "addr="); n != 5 || !strings.HasPrefix(c.URL(), "redis://:secret@127.0.0.1:") {
		t.Errorf("URL %q", c.URL())
	}
	const key = "{k}1"
	owner := c.Master(key)
	owner.Do("SET", key, "v")

	// Its slot goes to another master, with what is in it.
	to := c.Master("other")
	if to == owner {
		t.Fatal("both keys have one master")
	}
	c.MoveSlot(key, to)
	c.MoveSlot(key, to) // is there
	if c.Master(key) != to || to.Do("GET", key) != "v" {
		t.Errorf("%s has %q, the master is %s", to.Addr(), to.Do("GET", key), c.Master(key).Addr())
	}

	// The replica takes over, asked and unasked.
	second := c.Failover(to)
	if got := c.AwaitMaster(key); got != second || got.Do("GET", key) != "v" {
		t.Errorf("%s serves the key, want %s", got.Addr(), second.Addr())
	}
	c.AwaitWhole()
	second.Pause()
	start = time.Now()
	third := c.AwaitMaster(key)
	t.Logf("another master %s after the first froze", time.Since(start).Round(time.Millisecond))
	if third == second || third.Do("GET", key) != "v" {
		t.Errorf("%s serves the key", third.Addr())
	}
	second.Resume()
	c.AwaitWhole()
	if r := c.Replica(third); r != second {
		t.Error("the former master does not follow")
	}
	second.Kill()
	second.Start()
	c.AwaitWhole()
}

func TestSentinel(t *testing.T) {
	t.Parallel() // most of it is waiting
	start := time.Now()
	s := redistest.StartSentinel(t, redistest.Password("secret")...)
	t.Logf("formed in %s", time.Since(start).Round(time.Millisecond))
	if !strings.Contains(s.URL(), "master_set="+redistest.MasterSet) || !strings.HasPrefix(s.URL(), "redis://:secret@"+s.Sentinels()[0].Addr()) {
		t.Errorf("URL %q", s.URL())
	}
	first, second := s.Servers()
	first.Do("SET", "k", "v")
	s.Failover()
	if got := second.Do("GET", "k"); got != "v" {
		t.Errorf("the new master has %q", got)
	}
	second.Kill()
	start = time.Now()
	s.AwaitMaster(first)
	t.Logf("another master %s after the first was killed", time.Since(start).Round(time.Millisecond))
	second.Start()
	if got := first.Do("GET", "k"); got != "v" {
		t.Errorf("the first master has %q", got)
	}
}

// TestNothingIsLeft looks for processes and files of what another test ran.
func TestNothingIsLeft(t *testing.T) {
	var pids []int
	var dir string
	t.Run("run", func(t *testing.T) {
		c := redistest.StartCluster(t)
		c.Nodes()[1].Pause()
		for _, n := range c.Nodes() {
			pids = append(pids, n.PID())
		}
		dir = c.Nodes()[0].Do("CONFIG", "GET", "dir")
		dir = dir[strings.Index(dir, "\n")+1:]
	})
	for _, pid := range pids {
		if err := syscall.Kill(pid, 0); err == nil {
			t.Errorf("process %d runs on", pid)
		}
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s is left: %v", dir, err)
	}
}
