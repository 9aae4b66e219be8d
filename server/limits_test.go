package server

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/zishang520/socket.io/v2/socket"
)

var thisMachine = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// A refused page must be able to read why: the answer has CORS headers, too.
func TestConnectionLimits(t *testing.T) {
	s := start(t, Config{Limits: Limits{MaxConnections: 3, MaxConnectionsPerAddress: 1, TrustedProxies: thisMachine}})
	handshake := func(address string) answer {
		return s.request(http.MethodGet, pollingPath, "", "X-Forwarded-For", address)
	}
	s.connect()
	if got := s.request(http.MethodGet, pollingPath, ""); got.status != 503 {
		t.Errorf("the second of this address: %d %s", got.status, got.body)
	}
	handshake("203.0.113.1")
	handshake("203.0.113.2")
	got := handshake("203.0.113.3")
	if got.status != 503 || got.body != `{"code":3,"message":"Too many connections"}` ||
		got.header.Get("Retry-After") == "" || got.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("one too many: %d %s, %v", got.status, got.body, got.header)
	}
	status, state := s.readyz()
	if status != 200 || state.Sessions != 3 || state.Counts["refused_connections"] != 1 || state.Counts["refused_address_connections"] != 1 {
		t.Errorf("the state is %d %+v", status, state)
	}
}

func TestHandshakeRates(t *testing.T) {
	s := start(t, Config{Limits: Limits{MaxHandshakeRate: 0.01, MaxHandshakeRatePerAddress: 0.01, TrustedProxies: thisMachine}})
	for _, c := range []struct {
		address string
		status  int
	}{{"203.0.113.1", 200}, {"203.0.113.1", 429}, {"203.0.113.2", 429}} {
		if got := s.request(http.MethodGet, pollingPath, "", "X-Forwarded-For", c.address); got.status != c.status {
			t.Errorf("%s: %d %s, want %d", c.address, got.status, got.body, c.status)
		}
	}
	if _, state := s.readyz(); state.Counts["refused_rate"] != 1 || state.Counts["refused_address_rate"] != 1 {
		t.Errorf("the counts are %v", state.Counts)
	}
}

// What one client sends too fast waits, and is lost neither on a websocket nor on
// polling.
func TestEventRate(t *testing.T) {
	s := start(t, Config{Limits: Limits{MaxEventRate: 100}})
	const event = `42["event:message",{"message":"x"}]`
	c := s.connect()
	for range 150 {
		c.Send(event)
	}
	for range 150 {
		c.Expect(`42["message","{\"message\":\"x\"}"]`)
	}
	p := s.connectPolling()
	p.post(strings.TrimSuffix(strings.Repeat(event+"\x1e", 150), "\x1e"))
	for range 150 {
		c.Expect(`42["message","{\"message\":\"x\"}"]`)
	}
	if _, state := s.readyz(); state.Counts["slowed"] == 0 {
		t.Errorf("the counts are %v", state.Counts)
	}
}

// Handlers see the client's address, not the proxy's.
func TestHandshakeAddress(t *testing.T) {
	seen := make(chan string, 1)
	s := start(t, Config{Limits: Limits{TrustedProxies: thisMachine}}, func(s *Server) {
		_ = s.IO().On("connection", func(args ...any) { seen <- args[0].(*socket.Socket).Handshake().Address })
	})
	c := &pollingClient{s, pollingPath}
	open := s.request(http.MethodGet, pollingPath, "", "X-Forwarded-For", "198.51.100.1, 203.0.113.7")
	c.path += "&sid=" + sidOf(t, open.body)
	c.post("40")
	if address := <-seen; address != "203.0.113.7" {
		t.Errorf("the address is %q", address)
	}
}
