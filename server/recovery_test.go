package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter/adaptertest/redistest"
)

// connectWith opens a websocket and connects a client to "/" with what it says of
// itself. What it has missed comes before the answer, as in Node.
func (s *testServer) connectWith(auth string) *client {
	s.t.Helper()
	c, err := s.dial("")
	if err != nil {
		s.t.Fatal(err)
	}
	c.ExpectPrefix("0{")
	c.Send("40" + auth)
	return c
}

// connected are the ids of the session that a client is told of: the public and the
// private one.
func (c *client) connected() (sid, pid string) {
	c.T.Helper()
	var ids struct{ SID, PID string }
	if err := json.Unmarshal([]byte(c.ExpectPrefix("40")), &ids); err != nil {
		c.T.Fatal(err)
	}
	return ids.SID, ids.PID
}

// TestRecovery: a client that was cut off comes back to another server, as who it was,
// and has what it missed once.
func TestRecovery(t *testing.T) {
	redis := redistest.Start(t)
	cfg := Config{RedisURL: redis.URL(), Adapter: AdapterStreams, Recovery: time.Minute}
	one, two := start(t, cfg), start(t, cfg)
	for _, s := range []*testServer{one, two} {
		eventually(t, "readiness", func() bool { status, _ := s.readyz(); return status == 200 })
	}
	c := one.connectWith("")
	sid, pid := c.connected()
	if pid == "" {
		t.Fatal("the session has no private id")
	}
	two.IO().Emit("news", 1)
	offset := strings.TrimSuffix(c.ExpectPrefix(`42["news",1,`), "]")
	eventually(t, "kept session", func() bool { return redis.Do("EXISTS", "sio:session:"+pid) == "1" })
	_ = c.Conn.Close()
	two.IO().Emit("news", 2)
	c = two.connectWith(fmt.Sprintf(`{"pid":%q,"offset":%s}`, pid, offset))
	c.ExpectPrefix(`42["news",2,`)
	if again, _ := c.connected(); again != sid {
		t.Errorf("came back as %s, was %s", again, sid)
	}
	one.IO().Emit("news", 3)
	c.ExpectPrefix(`42["news",3,`)
}

// TestRecoveryBeforeTheEndIsNoticed: a client comes back on a new connection while the
// server has the former one for alive. That ends, and the new one gets what comes.
func TestRecoveryBeforeTheEndIsNoticed(t *testing.T) {
	redis := redistest.Start(t)
	s := start(t, Config{RedisURL: redis.URL(), Adapter: AdapterStreams, Recovery: time.Minute})
	eventually(t, "readiness", func() bool { status, _ := s.readyz(); return status == 200 })
	left := s.connectWith("")
	sid, pid := left.connected()
	s.IO().Emit("news", 1)
	offset := strings.TrimSuffix(left.ExpectPrefix(`42["news",1,`), "]")
	eventually(t, "kept session", func() bool { return redis.Do("EXISTS", "sio:session:"+pid) == "1" })

	back := s.connectWith(fmt.Sprintf(`{"pid":%q,"offset":%s}`, pid, offset))
	if again, _ := back.connected(); again != sid {
		t.Fatalf("came back as %s, was %s", again, sid)
	}
	for {
		if _, err := left.Next(); err != nil {
			if timeout, is := errors.AsType[net.Error](err); is && timeout.Timeout() {
				t.Fatalf("the former connection goes on: %v", err)
			}
			break // with a close frame or without
		}
	}
	for i := range 100 {
		s.IO().Emit("news", i)
		back.ExpectPrefix(fmt.Sprintf(`42["news",%d,`, i))
	}
	if n := len(s.IO().Sockets().Adapter().Sockets(types.NewSet[socket.Room]()).Keys()); n != 1 {
		t.Errorf("%d sockets are here, want 1", n)
	}
}

// TestNoRecovery: without it no session has a private id.
func TestNoRecovery(t *testing.T) {
	redis := redistest.Start(t)
	s := start(t, Config{RedisURL: redis.URL(), Adapter: AdapterStreams})
	if _, pid := s.connectWith("").connected(); pid != "" {
		t.Errorf("the session has the private id %q", pid)
	}
}
