package adapter_test

import (
	"strings"
	"testing"

	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

// slowConn is a connection whose first frames wait for release.
type slowConn struct {
	*frameConn
	reached, release chan struct{}
}

func (c *slowConn) WriteFrames(frames []byte, volatile, later bool) {
	select {
	case <-c.release:
	default:
		select {
		case c.reached <- struct{}{}:
		default:
		}
		<-c.release
	}
	c.frameConn.WriteFrames(frames, volatile, later)
}

// newRecovering is a server that restores sessions, with a Redis of its own.
func newRecovering(t *testing.T, cfg adapter.ClusterConfig) (*localServer, *adapter.Cluster, *redistest.Server) {
	t.Helper()
	redis := redistest.Start(t)
	cfg.URL = redis.URL()
	s, cluster := newRecoveringAt(t, cfg)
	return s, cluster, redis
}

func newRecoveringAt(t *testing.T, cfg adapter.ClusterConfig) (*localServer, *adapter.Cluster) {
	t.Helper()
	cluster, err := streams(cfg)
	if err != nil {
		t.Fatal(err)
	}
	opts := socket.DefaultServerOptions()
	opts.SetAdapter(cluster)
	opts.SetConnectionStateRecovery(&socket.ConnectionStateRecovery{})
	return newLocalServerOf(t, opts), cluster
}

// TestOwnBroadcastsKeepTheirOrder: of two broadcasts of this node the first is not waited
// for any longer, but both have come back from the stream meanwhile.
func TestOwnBroadcastsKeepTheirOrder(t *testing.T) {
	s, cluster, _ := newRecovering(t, adapter.ClusterConfig{})
	conn := &slowConn{
		frameConn: &frameConn{plainConn: newPlainConn()},
		reached:   make(chan struct{}, 1), release: make(chan struct{}),
	}
	s.connectTo(t, conn)
	eventually(t, "Redis", func() bool { return cluster.State().Connected })
	conn.forget()

	_ = s.Emit("held up")
	<-conn.reached
	_ = s.Emit("first")
	_ = s.Emit("second")
	eventually(t, "their way through the stream", func() bool { return adapter.Waiting(s.adapter()) == 2 })
	adapter.ReleaseFirst(s.adapter())
	close(conn.release)
	eventually(t, "three messages", func() bool { return len(conn.sent()) == 3 })
	for i, name := range []string{"held up", "first", "second"} {
		if got := conn.sent()[i]; len(got) < len(name)+3 || got[3:3+len(name)] != name {
			t.Errorf("message %d is %s, want %s", i, got, name)
		}
	}
}

// TestOwnBroadcastThatIsRefused: one that the stream does not take does not come back,
// so nothing waits for it.
func TestOwnBroadcastThatIsRefused(t *testing.T) {
	s, cluster, _ := newRecovering(t, adapter.ClusterConfig{MaxPayload: 1000})
	_, conn := s.connect(t)
	eventually(t, "Redis", func() bool { return cluster.State().Connected })
	conn.forget()
	long := strings.Repeat("x", 2000)
	_ = s.Emit(long)
	if n := adapter.Awaited(s.adapter()); n != 0 {
		t.Errorf("%d broadcasts are waited for", n)
	}
	awaitSent(t, conn, `2["`+long+`"]`)
	if n := cluster.State().TooLarge; n != 1 {
		t.Errorf("%d were too large, want 1", n)
	}
}
