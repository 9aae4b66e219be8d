package engineio

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// The heartbeat may come by right after a pause, before what came meanwhile is
// read: the client's answer gets its time, once.
func TestPingTimeoutAfterPause(t *testing.T) {
	srv := New(Config{PingInterval: time.Hour, PingTimeout: time.Hour})
	defer srv.Close()
	s := newSocket(srv, newID(), httptest.NewRequest(http.MethodGet, "/socket.io/?EIO=4&transport=polling", nil))
	s.leave = func() {}
	if !srv.remember(s) {
		t.Fatal("the server is closed")
	}
	s.in.Unlock()
	alive := func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return !s.ending
	}
	s.Pause()
	s.onTimer() // pings
	s.onTimer() // in vain, as nothing is read
	s.Resume()
	s.onTimer()
	if !alive() {
		t.Fatal("given up while its answer may be waiting")
	}
	s.onTimer()
	if alive() {
		t.Error("not given up")
	}
}
