package server

import (
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/zishang520/engine.io/v2/engine"

	"nudge/server/internal/wstest"
)

// engineCases are those of the suite's that are about Engine.IO. Each has a
// session of its own.
var engineCases = map[string]func(*testing.T, *testServer){
	"handshake, polling": func(t *testing.T, s *testServer) {
		o := readOpening(t, s.request(http.MethodGet, pollingPath, "").body)
		checkOpening(t, o, []string{"websocket"})
	},
	"handshake, polling, invalid EIO": func(t *testing.T, s *testServer) {
		s.refuses(t, http.MethodGet, "?transport=polling", "?EIO=abc&transport=polling")
	},
	"handshake, polling, invalid transport": func(t *testing.T, s *testServer) {
		s.refuses(t, http.MethodGet, "?EIO=4", "?EIO=4&transport=abc")
	},
	"handshake, polling, invalid method": func(t *testing.T, s *testServer) {
		s.refuses(t, http.MethodPost, "?EIO=4&transport=polling")
		s.refuses(t, http.MethodPut, "?EIO=4&transport=polling")
	},
	"handshake, websocket": func(t *testing.T, s *testServer) {
		o := readOpening(t, s.dialTo(t, "?EIO=4&transport=websocket").Read())
		checkOpening(t, o, []string{})
	},
	"handshake, websocket, invalid EIO": func(t *testing.T, s *testServer) {
		s.refusesWebsocket(t, "?transport=websocket", "?EIO=abc&transport=websocket")
	},
	"handshake, websocket, invalid transport": func(t *testing.T, s *testServer) {
		s.refusesWebsocket(t, "?EIO=4", "?EIO=4&transport=abc")
	},

	"heartbeat, polling": func(t *testing.T, s *testServer) {
		path := s.session(t)
		for range 3 {
			if got := s.request(http.MethodGet, path, ""); got.status != 200 || got.body != "2" {
				t.Fatalf("polled %d %q, want a ping", got.status, got.body)
			}
			if got := s.request(http.MethodPost, path, "3"); got.status != 200 {
				t.Fatalf("the pong is answered with %d %q", got.status, got.body)
			}
		}
	},
	"heartbeat, polling, ping timeout": func(t *testing.T, s *testServer) {
		path := s.session(t)
		s.gone(t, path)
		if got := s.request(http.MethodGet, path, ""); got.status != 400 {
			t.Errorf("polled %d %q", got.status, got.body)
		}
	},
	"heartbeat, websocket": func(t *testing.T, s *testServer) {
		c := s.dialTo(t, "?EIO=4&transport=websocket")
		c.ExpectPrefix("0{")
		for range 3 {
			c.Expect("2")
			c.Send("3")
		}
	},
	"heartbeat, websocket, ping timeout": func(t *testing.T, s *testServer) {
		s.dialTo(t, "?EIO=4&transport=websocket").Closed()
	},

	"close, polling": func(t *testing.T, s *testServer) {
		path := s.session(t)
		polled := make(chan answer, 1)
		go func() { polled <- s.request(http.MethodGet, path, "") }()
		eventually(t, "poll", func() bool { return s.clientOf(path).Transport().Writable() })
		if got := s.request(http.MethodPost, path, "1"); got.status != 200 {
			t.Errorf("posted %d %q", got.status, got.body)
		}
		if got := <-polled; got.status != 200 || got.body != "6" {
			t.Errorf("polled %d %q, want a noop", got.status, got.body)
		}
		if got := s.request(http.MethodGet, path, ""); got.status != 400 {
			t.Errorf("polled again: %d %q", got.status, got.body)
		}
	},
	"close, websocket": func(t *testing.T, s *testServer) {
		c := s.dialTo(t, "?EIO=4&transport=websocket")
		c.ExpectPrefix("0{")
		c.Send("1")
		c.Closed()
	},

	"upgrade": func(t *testing.T, s *testServer) {
		c := s.dialTo(t, s.query(s.session(t)))
		c.Send("2probe")
		c.Expect("3probe")
		c.Send("5")
		c.Send("40")
		c.ExpectPrefix("40{")
	},
	"upgrade, then a poll": func(t *testing.T, s *testServer) {
		path := s.session(t)
		s.upgraded(t, path)
		if got := s.request(http.MethodGet, path, ""); got.status != 400 {
			t.Errorf("polled %d %q", got.status, got.body)
		}
	},
	"upgrade, then another websocket": func(t *testing.T, s *testServer) {
		path := s.session(t)
		s.upgraded(t, path)
		c, err := wstest.TryDial(t, "http://"+s.host+"/socket.io/"+s.query(path), nil)
		if err == nil {
			c.Closed()
		}
	},
}

func TestEngineIOProtocol(t *testing.T) {
	if len(engineCases) != 16 {
		t.Errorf("%d cases, the suite has 16", len(engineCases))
	}
	s := startProtocol(t)
	s.IO().SetConnectTimeout(time.Minute) // these sessions join no namespace
	for name, test := range engineCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, s)
		})
	}
}

func checkOpening(t *testing.T, got opening, upgrades []string) {
	t.Helper()
	want := opening{got.SID, upgrades, 300, 1000, 1_000_000}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("greeted with %+v, want %+v", got, want)
	}
}

// refuses checks that requests are answered with 400.
func (s *testServer) refuses(t *testing.T, method string, queries ...string) {
	t.Helper()
	for _, query := range queries {
		if got := s.request(method, "/socket.io/"+query, ""); got.status != 400 {
			t.Errorf("%s %s: %d %q", method, query, got.status, got.body)
		}
	}
}

func (s *testServer) refusesWebsocket(t *testing.T, queries ...string) {
	t.Helper()
	for _, query := range queries {
		_, err := wstest.TryDial(t, "http://"+s.host+"/socket.io/"+query, nil)
		if status := refusal(t, err); status != 400 {
			t.Errorf("%s: %d", query, status)
		}
	}
}

func (s *testServer) dialTo(t *testing.T, query string) *wstest.Client {
	t.Helper()
	return wstest.Dial(t, "http://"+s.host+"/socket.io/"+query)
}

// session begins one over polling and returns its path.
func (s *testServer) session(t *testing.T) string {
	t.Helper()
	return pollingPath + "&sid=" + readOpening(t, s.request(http.MethodGet, pollingPath, "").body).SID
}

// query is what a websocket asks with to become the transport of a session.
func (s *testServer) query(path string) string {
	return "?EIO=4&transport=websocket" + path[len(pollingPath):]
}

// upgraded makes a websocket the transport of a session, as quickly as one can.
func (s *testServer) upgraded(t *testing.T, path string) {
	t.Helper()
	c := s.dialTo(t, s.query(path))
	c.Send("2probe")
	c.Expect("3probe")
	c.Send("5")
	c.Send("40")
	c.ExpectPrefix("40{")
}

// clientOf is the session that a path belongs to, nil once it has ended.
func (s *testServer) clientOf(path string) engine.Socket {
	client, _ := s.engine.Clients().Load(path[len(pollingPath)+len("&sid="):])
	return client
}

// gone waits for the end of a session that nobody polls.
func (s *testServer) gone(t *testing.T, path string) {
	t.Helper()
	eventually(t, "end of the session", func() bool { return s.clientOf(path) == nil })
}
