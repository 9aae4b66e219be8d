package server

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/zishang520/socket.io/v2/socket"
)

// The cases of the protocol's own test suite
// (https://github.com/socketio/socket.io-protocol, test-suite, protocol 5): 32,
// of which 16 are about Engine.IO (protocol_engine_test.go) and 16 about
// Socket.IO, here.

// startProtocol runs the server that the suite asks for: it sends "auth" with
// what a client gave as it connected, and sends back "message" and
// "message-with-ack", in "/" and "/custom".
func startProtocol(t *testing.T) *testServer {
	t.Helper()
	return start(t, Config{PingInterval: 300 * time.Millisecond, PingTimeout: time.Second}, func(s *Server) {
		s.IO().SetConnectTimeout(200 * time.Millisecond)
		for _, namespace := range []string{"/", "/custom"} {
			err := s.IO().Of(namespace, nil).On("connection", func(args ...any) { echo(args[0].(*socket.Socket)) })
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}

func echo(client *socket.Socket) {
	auth := client.Handshake().Auth
	if auth == nil {
		auth = map[string]any{}
	}
	_ = client.Emit("auth", auth)
	_ = client.On("message", func(args ...any) { _ = client.Emit("message-back", args...) })
	_ = client.On("message-with-ack", func(args ...any) {
		last := len(args) - 1
		args[last].(socket.Ack)(args[:last], nil)
	})
}

// What the lines of a case mean: "> packet" is sent, "> b…" as binary; "< packet"
// must come next, "SID" being any id, and "closed" the end of the connection.
// Pings are answered on the way, but not while the end is awaited.
var protocolCases = []struct {
	group, name string
	lines       []string
}{
	{"connect", "to the main namespace", []string{
		`> 40`, `< 40{"sid":"SID"}`, `< 42["auth",{}]`,
	}},
	{"connect", "to the main namespace with a payload", []string{
		`> 40{"token":"123"}`, `< 40{"sid":"SID"}`, `< 42["auth",{"token":"123"}]`,
	}},
	{"connect", "to a custom namespace", []string{
		`> 40/custom,`, `< 40/custom,{"sid":"SID"}`, `< 42/custom,["auth",{}]`,
	}},
	{"connect", "to a custom namespace with a payload", []string{
		`> 40/custom,{"token":"abc"}`, `< 40/custom,{"sid":"SID"}`, `< 42/custom,["auth",{"token":"abc"}]`,
	}},
	{"connect", "to an unknown namespace", []string{
		`> 40/random`, `< 44/random,{"message":"Invalid namespace"}`,
	}},
	{"connect", "with an invalid handshake", []string{`> 4abc`, `closed`}},
	{"connect", "never", []string{`closed`}},

	{"disconnect", "from the main namespace", connected(`> 41`, `closed`)},
	{"disconnect", "from a custom namespace", connected(
		`> 40/custom`, `< 40/custom,{"sid":"SID"}`, `< 42/custom,["auth",{}]`,
		`> 41/custom`, `> 42["message","to the main namespace"]`,
		`< 42["message-back","to the main namespace"]`,
	)},

	{"message", "text", connected(
		`> 42["message",1,"2",{"3":[true]}]`, `< 42["message-back",1,"2",{"3":[true]}]`,
	)},
	{"message", "with attachments", connected(
		`> 452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`,
		"> b\x01\x02\x03", "> b\x04\x05\x06",
		`< 452-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`,
		"< \x01\x02\x03", "< \x04\x05\x06",
	)},
	{"message", "with an ack", connected(
		`> 42456["message-with-ack",1,"2",{"3":[false]}]`, `< 43456[1,"2",{"3":[false]}]`,
	)},
	{"message", "with attachments and an ack", connected(
		`> 452-789["message-with-ack",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`,
		"> b\x01\x02\x03", "> b\x04\x05\x06",
		`< 462-789[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`,
		"< \x01\x02\x03", "< \x04\x05\x06",
	)},
	{"message", "of an unknown packet type", connected(`> 4abc`, `closed`)},
	{"message", "with an invalid payload", connected(`> 42{}`, `closed`)},
	{"message", "with an invalid ack id", connected(`> 42abc["message-with-ack",1,"2",{"3":[false]}]`, `closed`)},
}

// connected is a case of a client that is in the main namespace.
func connected(lines ...string) []string {
	return append([]string{`> 40`, `< 40{"sid":"SID"}`, `< 42["auth",{}]`}, lines...)
}

func TestSocketIOProtocol(t *testing.T) {
	if len(protocolCases) != 16 {
		t.Errorf("%d cases, the suite has 16", len(protocolCases))
	}
	s := startProtocol(t)
	for _, test := range protocolCases {
		t.Run(test.group+" "+test.name, func(t *testing.T) {
			t.Parallel()
			c, err := s.dial("")
			if err != nil {
				t.Fatal(err)
			}
			c.T = t
			c.ExpectPrefix("0{")
			for _, line := range test.lines {
				c.perform(line)
			}
		})
	}
}

var anySID = regexp.MustCompile(`"sid":"[A-Za-z0-9_-]{20,}"`)

// perform does what a line of a case says.
func (c *client) perform(line string) {
	c.T.Helper()
	switch {
	case line == "closed":
		c.Closed()
	case strings.HasPrefix(line, "> b"):
		c.Write(ws.NewBinaryFrame([]byte(line[3:])))
	case strings.HasPrefix(line, "> "):
		c.Send(line[2:])
	default:
		got := c.pinged()
		if want := line[2:]; anySID.ReplaceAllString(got, `"sid":"SID"`) != want {
			c.T.Fatalf("got %q, want %q", got, want)
		}
	}
}

// pinged is the next packet that is no ping. Those are answered.
func (c *client) pinged() string {
	c.T.Helper()
	for {
		packet := c.Read()
		if packet != "2" {
			return packet
		}
		c.Send("3")
	}
}

// opening is what a server says of a new session.
type opening struct {
	SID          string   `json:"sid"`
	Upgrades     []string `json:"upgrades"`
	PingInterval int      `json:"pingInterval"`
	PingTimeout  int      `json:"pingTimeout"`
	MaxPayload   int      `json:"maxPayload"`
}

func readOpening(t *testing.T, packet string) opening {
	t.Helper()
	var o opening
	d := json.NewDecoder(strings.NewReader(strings.TrimPrefix(packet, "0")))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil || !strings.HasPrefix(packet, "0{") || o.SID == "" {
		t.Fatalf("greeted with %q: %v", packet, err)
	}
	return o
}
