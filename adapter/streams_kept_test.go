package adapter_test

import (
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
