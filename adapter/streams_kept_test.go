package adapter_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

// restorable is a server that restores sessions, with a client and what that comes back by.
func restorable(t *testing.T) (s *localServer, redis *redistest.Server, client *socket.Socket, pid socket.PrivateSessionId, offset string) {
	t.Helper()
	s, cluster, redis := newRecovering(t, adapter.ClusterConfig{})
	eventually(t, "Redis", func() bool { return cluster.State().Connected })
	client, _ = s.connect(t)
	_ = s.Emit("x")
	eventually(t, "entry", func() bool { return cluster.State().Published == 1 })
	kept := func() string { return redis.Do("KEYS", "sio:session:*") }
	eventually(t, "session", func() bool { return kept() != "" })
	pid = socket.PrivateSessionId(strings.TrimPrefix(kept(), "sio:session:"))
	offset = strings.Fields(redis.Do("XREVRANGE", "socket.io", "+", "-", "COUNT", "1"))[0]
	return s, redis, client, pid, offset
}

// TestSessionIsNotKeptWhileItEnds: a handler takes its time with a socket that is thrown
// out, and changes its rooms.
func TestSessionIsNotKeptWhileItEnds(t *testing.T) {
	s, redis, client, pid, offset := restorable(t)
	left, goOn := make(chan struct{}), make(chan struct{})
	_ = client.On("disconnecting", func(...any) {
		client.Join("another")
		close(left)
		<-goOn
	})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		client.Disconnect(false)
	}()
	<-left
	if session, err := s.adapter().RestoreSession(pid, offset); err == nil {
		t.Errorf("restored: %+v", session)
	}
	eventually(t, "end of the session", func() bool { return redis.Do("KEYS", "sio:session:*") == "" })
	for range 3 {
		client.Join("one more")           // has it kept, if anything does
		time.Sleep(60 * time.Millisecond) // longer than a change waits to be kept
		if kept := redis.Do("KEYS", "sio:session:*"); kept != "" {
			t.Errorf("%s is kept again", kept)
		}
	}
	close(goOn)
	<-ended
}

// TestSessionIsRestoredOnce: the end of the former connection does not keep what was taken.
func TestSessionIsRestoredOnce(t *testing.T) {
	s, redis, client, pid, offset := restorable(t)
	over := make(chan struct{})
	_ = client.On("disconnect", func(...any) { close(over) })
	if _, err := s.adapter().RestoreSession(pid, offset); err != nil {
		t.Fatal(err)
	}
	<-over
	time.Sleep(200 * time.Millisecond) // longer than what ends waits to be kept
	if kept := redis.Do("KEYS", "sio:session:*"); kept != "" {
		t.Errorf("%s is kept again", kept)
	}
	if _, err := s.adapter().RestoreSession(pid, offset); err == nil {
		t.Error("restored twice")
	}
}

// TestSessionGoesOnElsewhere: a client comes back to another node, and its former
// connection is still there on the first: that ends, and the session is that of the
// second from then on.
func TestSessionGoesOnElsewhere(t *testing.T) {
	s, redis, client, pid, offset := restorable(t)
	client.Join("old")
	kept := func(room string) bool {
		text, err := base64.StdEncoding.DecodeString(redis.Do("GET", "sio:session:"+string(pid)))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(string(text), string([]byte{0xa0 | byte(len(room))})+room) // in MessagePack
	}
	eventually(t, "session with its room", func() bool { return kept("old") })
	other, cluster := newRecoveringAt(t, adapter.ClusterConfig{URL: redis.URL()})
	eventually(t, "two nodes", func() bool {
		return cluster.State().Connected && other.adapter().ServerCount() == 2 && s.adapter().ServerCount() == 2
	})

	conn := &frameConn{plainConn: newPlainConn()}
	other.engine.Emit("connection", conn)
	conn.receive(fmt.Sprintf(`0{"pid":%q,"offset":%q}`, pid, offset))
	back := <-other.connected
	if back.Id() != client.Id() || !back.Recovered() {
		t.Fatalf("back as %s, was %s", back.Id(), client.Id())
	}
	eventually(t, "end of the former connection", func() bool { return !client.Connected() })
	back.Leave("old")
	back.Join("new")
	eventually(t, "session of the one that is back", func() bool { return kept("new") })
	time.Sleep(200 * time.Millisecond) // longer than what ends waits to be kept
	if !kept("new") || kept("old") {
		t.Error("the session is that of the former connection")
	}
	done := newAnswer[[]*socket.RemoteSocket]()
	s.FetchSockets()(done.take)
	if found, err := done.await(t); len(found) != 1 || err != nil {
		t.Errorf("%d sockets, %v", len(found), err)
	}
}

// TestASessionThatCannotGoOnIsCutOff: Redis is away when a restored client is to be given what
// came while it connected. It does not go on without: it comes back for it.
func TestASessionThatCannotGoOnIsCutOff(t *testing.T) {
	s, redis, client, _, _ := restorable(t)
	ended := make(chan any, 1)
	_ = client.On("disconnect", func(args ...any) { ended <- args[0] })
	redis.Kill()
	adapter.Resume(s.adapter(), client.Id())
	select {
	case reason := <-ended:
		if text, _ := reason.(string); !socket.RECOVERABLE_DISCONNECT_REASONS.Has(text) {
			t.Errorf("cut off by %q, from which nobody comes back", reason)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it goes on as if it had missed nothing")
	}
}
