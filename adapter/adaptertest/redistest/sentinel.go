//go:build unix

package redistest

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// MasterSet is the name that [Sentinel] gives its master.
const MasterSet = "mymaster"

// Sentinel is a master with a replica, and three sentinels that watch them and
// make the replica the master when the master is away for a second. Its methods
// belong to the test's own goroutine.
type Sentinel struct {
	tb        testing.TB
	data      []*Server // the master of the beginning, its replica
	sentinels []*Server
}

// StartSentinel runs a master, a replica and three sentinels, and returns when
// the replica holds what the master does and all sentinels know each other and
// both servers. Further arguments are given to the master and the replica; a
// password is theirs alone, the sentinels have none.
func StartSentinel(tb testing.TB, args ...string) *Sentinel {
	tb.Helper()
	s := &Sentinel{tb: tb}
	for range 2 {
		s.data = append(s.data, New(tb, append([]string{"--repl-diskless-sync-delay", "0"}, args...)...))
		s.data[len(s.data)-1].Start()
	}
	master, replica := s.data[0], s.data[1]
	replica.Do("REPLICAOF", "127.0.0.1", strconv.Itoa(master.port))
	eventually(tb, "the replica to hold what the master does", func() bool { return following(replica, master) })
	for range 3 {
		s.sentinels = append(s.sentinels, startSentinel(tb, master))
	}
	s.await("to know all", func(info map[string]string) bool {
		return info["flags"] == "master" && info["num-slaves"] == "1" && info["num-other-sentinels"] == "2"
	})
	return s
}

// startSentinel runs one sentinel. It has a file of its own, in which it keeps
// what it learns.
func startSentinel(tb testing.TB, master *Server) *Server {
	tb.Helper()
	s := New(tb)
	conf := []string{
		fmt.Sprintf("port %d", s.port), "bind 127.0.0.1", "dir " + s.dir, "loglevel warning",
		fmt.Sprintf("sentinel monitor %s 127.0.0.1 %d 2", MasterSet, master.port),
		fmt.Sprintf("sentinel down-after-milliseconds %s 1000", MasterSet),
		fmt.Sprintf("sentinel failover-timeout %s 4000", MasterSet),
	}
	if p := master.password(); p != "" {
		conf = append(conf, fmt.Sprintf("sentinel auth-pass %s %s", MasterSet, p))
	}
	file := filepath.Join(s.dir, "sentinel.conf")
	if err := os.WriteFile(file, []byte(strings.Join(conf, "\n")+"\n"), 0o600); err != nil {
		tb.Fatalf("redistest: %v", err)
	}
	s.base = []string{file, "--sentinel"}
	s.Start()
	return s
}

// URL is a redis:// URL with the addresses of the sentinels, the password of the
// master and the name of the set.
func (s *Sentinel) URL() string {
	u, err := url.Parse(s.data[0].urlOf(s.sentinels[0].Addr()))
	if err != nil {
		s.tb.Fatalf("redistest: %v", err)
	}
	u.RawQuery = url.Values{"addr": {s.sentinels[1].Addr(), s.sentinels[2].Addr()}, "master_set": {MasterSet}}.Encode()
	return u.String()
}

// Servers are the master and the replica of the beginning.
func (s *Sentinel) Servers() (master, replica *Server) { return s.data[0], s.data[1] }

// Sentinels are the three sentinels.
func (s *Sentinel) Sentinels() []*Server { return s.sentinels }

// AwaitMaster returns when all sentinels that run take a server for the master,
// and it takes itself for one.
func (s *Sentinel) AwaitMaster(want *Server) {
	s.tb.Helper()
	s.await("to take "+want.Addr()+" for the master", func(info map[string]string) bool {
		return info["port"] == strconv.Itoa(want.port) && info["flags"] == "master"
	})
	eventually(s.tb, want.Addr()+" to take itself for the master", func() bool {
		return want.field("role", "INFO", "replication") == "master"
	})
}

// Failover has the sentinels make the replica the master, and returns when all
// agree and the former master, if it runs, follows.
func (s *Sentinel) Failover() {
	s.tb.Helper()
	master, replica := s.data[0], s.data[1]
	if master.field("role", "INFO", "replication") != "master" {
		master, replica = replica, master
	}
	s.sentinels[0].Do("SENTINEL", "FAILOVER", MasterSet)
	s.AwaitMaster(replica)
	if master.answers() {
		eventually(s.tb, "the former master to follow", func() bool { return following(master, replica) })
	}
}

// await waits for a condition on what each sentinel says of the master.
func (s *Sentinel) await(what string, met func(info map[string]string) bool) {
	s.tb.Helper()
	for _, n := range s.sentinels {
		eventually(s.tb, "sentinel "+n.Addr()+" "+what, func() bool {
			return !n.answers() || met(sentinelInfo(n))
		})
	}
}

// sentinelInfo is the answer to SENTINEL MASTER, which is names and values in
// turn.
func sentinelInfo(n *Server) map[string]string {
	reply, err := n.command("SENTINEL", "MASTER", MasterSet)
	if err != nil {
		return nil
	}
	lines := strings.Split(reply, "\n")
	info := make(map[string]string, len(lines)/2)
	for i := 0; i+1 < len(lines); i += 2 {
		info[lines[i]] = lines[i+1]
	}
	return info
}

func following(replica, master *Server) bool {
	return replica.field("master_port", "INFO", "replication") == strconv.Itoa(master.port) &&
		replica.field("master_link_status", "INFO", "replication") == "up"
}
