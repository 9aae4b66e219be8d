package adapter_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

// TestSessionsOfAHungMasterHoldUpNoOthers: however many sessions a master of a Redis Cluster
// has that hangs, those of the others are kept, and the end of the server does not wait for
// each.
func TestSessionsOfAHungMasterHoldUpNoOthers(t *testing.T) {
	const (
		slots    = 16384
		sessions = 4000
		prompt   = 10 * time.Second // an answer is waited for 3 s, more than once at the end
	)
	t.Parallel() // most of it is waiting
	redis := redistest.StartCluster(t, "--cluster-replica-no-failover", "yes", "--cluster-require-full-coverage", "no")
	redis.AwaitWhole()
	s, cluster := newRecoveringAt(t, adapter.ClusterConfig{URL: redis.URL()})
	eventually(t, "Redis", func() bool { return cluster.State().Connected })
	pid := func(i int) string { return fmt.Sprint("session ", i) }
	masters := redis.Nodes()[:3]
	hung := masters[0]
	for _, m := range masters[1:] {
		if m != redis.Master("socket.io") { // the stream goes on
			hung = m
		}
	}
	others := 0
	for i := range sessions {
		slot := redistest.Slot("sio:session:" + pid(i))
		for at, m := range masters { // each has a third
			if at*slots/len(masters) <= slot && slot < (at+1)*slots/len(masters) && m != hung {
				others++
			}
		}
	}
	kept := func() (n int) {
		for _, m := range masters {
			if m == hung {
				continue
			}
			of, err := strconv.Atoi(m.Do("DBSIZE"))
			if err != nil {
				t.Fatal(err)
			}
			n += of
		}
		return n
	}
	before := kept()

	hung.Pause()
	defer hung.Resume()
	for i := range sessions {
		s.adapter().PersistSession(&socket.SessionToPersist{
			Sid: socket.SocketId(pid(i)), Pid: socket.PrivateSessionId(pid(i)), Rooms: types.NewSet[socket.Room]("room"),
		})
	}
	begun := time.Now()
	eventually(t, "sessions of the other masters", func() bool { return kept()-before == others })
	for i := range sessions {
		s.adapter().PersistSession(&socket.SessionToPersist{
			Sid: socket.SocketId(pid(i)), Pid: socket.PrivateSessionId(pid(i)), Rooms: types.NewSet[socket.Room]("another"),
		})
	}
	s.Close(nil)
	if took := time.Since(begun); took > prompt {
		t.Errorf("they were kept, and the server ended, in %s", took)
	} else {
		t.Logf("they were kept, and the server ended, in %s", took)
	}
}
