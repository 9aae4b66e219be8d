package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
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

// TestRecoveryIsBounded: who has missed too much is a new client.
func TestRecoveryIsBounded(t *testing.T) {
	redis := redistest.Start(t)
	s := start(t, Config{RedisURL: redis.URL(), Adapter: AdapterStreams, Recovery: time.Minute, Limits: Limits{MaxOutbox: 4 << 20}})
	eventually(t, "readiness", func() bool { status, _ := s.readyz(); return status == 200 })
	for name, test := range map[string]struct {
		entries, bytes int // that another server adds meanwhile
		room           string
		recovered      bool
	}{
		"little":                {100, 1000, "", true},
		"much for others":       {19_000, 10, "other", true},
		"too much to look at":   {20_001, 10, "other", false},
		"as long as it may be":  {3, 600 << 10, "", true},
		"too long to be kept":   {4, 600 << 10, "", false},
		"that long, for others": {4, 600 << 10, "other", true},
	} {
		t.Run(name, func(t *testing.T) {
			c := s.connectWith("")
			sid, pid := c.connected()
			s.IO().Emit("news", 1)
			got := c.Read()
			for strings.HasPrefix(got, `42["missed",`) { // by the client before
				got = c.Read()
			}
			offset := strings.TrimSuffix(strings.TrimPrefix(got, `42["news",1,`), "]")
			eventually(t, "kept session", func() bool { return redis.Do("EXISTS", "sio:session:"+pid) == "1" })
			_ = c.Conn.Close()
			rooms := "[]"
			if test.room != "" {
				rooms = fmt.Sprintf("[%q]", test.room)
			}
			redis.Do("EVAL", `for i = 1, ARGV[1] do
					redis.call("XADD", KEYS[1], "*", "uid", "other", "nsp", "/", "type", "3", "data",
						'{"packet":{"type":2,"data":["missed","' .. string.rep("x", ARGV[2]) .. '"]},"opts":{"rooms":' .. ARGV[3] .. ',"except":[],"flags":{}}}')
				end`, "1", "socket.io", strconv.Itoa(test.entries), strconv.Itoa(test.bytes), rooms)
			back := s.connectWith(fmt.Sprintf(`{"pid":%q,"offset":%s}`, pid, offset))
			missed := 0
			var answer string
			for answer = back.Read(); strings.HasPrefix(answer, `42["missed",`); answer = back.Read() {
				missed++
			}
			if recovered := strings.Contains(answer, sid); recovered != test.recovered {
				t.Errorf("recovered: %v, want %v: %s", recovered, test.recovered, answer)
			}
			want := 0
			if test.recovered && test.room == "" {
				want = test.entries
			}
			if missed != want {
				t.Errorf("%d events came, want %d", missed, want)
			}
		})
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
