package e2e

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"nudge/server/internal/wstest"
)

// stillHere is the message that tells a connection that still serves.
const stillHere = `42["event:message",{"message":"still here"}]`

// frame is what a client may send that knows no better, or knows too well.
type frame struct {
	name, data string
	op         ws.OpCode // ws.OpText if 0
	raw        bool      // data is the whole frame, header included

	// want is what becomes of the connection: "kept", or "closed" and the code.
	want string
	// node is what a Node server does where that is something else.
	node string
}

// These close a connection as a Node server does, without a code.
const closed = "closed 1005"

var badFrames = []frame{
	{name: "nothing", data: "", want: closed},
	{name: "no packet", data: "garbage", want: closed},
	{name: "unknown type", data: "9", want: closed},
	{name: "open", data: "0{}", want: "kept"},
	{name: "ping", data: "2", want: "closed 1002", node: closed},
	{name: "pong unasked", data: "3", want: "kept"},
	{name: "noop", data: "6", want: "kept"},
	{name: "message without a packet", data: "4", want: closed},
	{name: "unknown packet type", data: "49", want: closed},
	// The protocol wants data in both; Node's parser looks at data only if there is some.
	{name: "event without data", data: "42", want: closed, node: "kept"},
	{name: "event with an id only", data: "421", want: closed, node: "kept"},
	{name: "event cut short", data: `42["x"`, want: closed},
	{name: "event that is an object", data: `42{"a":1}`, want: closed},
	{name: "event that is a string", data: `42"x"`, want: closed},
	{name: "event without a name", data: `42[]`, want: closed},
	{name: "event named by an object", data: `42[{}]`, want: closed},
	{name: "event named by null", data: `42[null]`, want: closed},
	{name: "event named by a number", data: `42[1,2]`, want: "kept"},
	{name: "event nobody knows", data: `42["nobody:knows",{"message":"x"}]`, want: "kept"},
	{name: "reserved event", data: `42["disconnect"]`, want: closed},
	{name: "trailing junk", data: `42["x"]]`, want: closed},
	{name: "two values", data: `42["x"]["y"]`, want: closed},
	{name: "no JSON", data: `42[undefined]`, want: closed},
	{name: "id beyond all counting", data: `4299999999999999999999999["x"]`, want: closed, node: "kept"},
	{name: "ack without data", data: "43", want: closed, node: "kept"},
	{name: "ack without a payload", data: "431", want: closed, node: "kept"},
	{name: "ack of nothing", data: "431[]", want: "kept"},
	{name: "connect again", data: "40", want: closed},
	{name: "connect to nowhere", data: "40/nowhere,", want: `44/nowhere,{"message":"Invalid namespace"}, kept`},
	{name: "connect with a string", data: `40"x"`, want: closed},
	{name: "event in nowhere", data: `42/nowhere,["x"]`, want: closed},
	{name: "connect error", data: `44{"message":"x"}`, want: closed},
	{name: "binary event without attachments", data: `450-["x"]`, want: closed},
	{name: "binary event cut short", data: `451-`, want: closed},
	{name: "binary event without a count", data: `45["x"]`, want: closed},
	{name: "text where an attachment is due", data: `451-["x",{"_placeholder":true,"num":0}]`, want: closed},
	{name: "too many attachments", data: `4511-["x"]`, want: closed},
	{name: "nested beyond all use", data: `42["x",` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `]`, want: closed, node: "kept"},
	{name: "binary out of place", data: "\x01\x02", op: ws.OpBinary, want: closed},
	{name: "invalid UTF-8", data: "42[\"x\xff\"]", want: "closed 1007"},
	{name: "too large", data: `42["x","` + strings.Repeat("x", 1_000_000) + `"]`, want: "closed 1009"},
	{name: "reserved bits", data: "\xf1\x80\x00\x00\x00\x00", raw: true, want: "closed 1002"},
	{name: "reserved opcode", data: "\x83\x80\x00\x00\x00\x00", raw: true, want: "closed 1002"},
	{name: "not masked", data: "\x81\x012", raw: true, want: "closed 1002"},
	{name: "continuation of nothing", data: "\x80\x80\x00\x00\x00\x00", raw: true, want: "closed 1002"},
	{name: "endless length", data: "\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00", raw: true, want: "closed 1009"},
	{name: "long ping", data: "\x89\xfe\x00\x7e\x00\x00\x00\x00" + strings.Repeat("x", 126), raw: true, want: "closed 1002"},
	{name: "HTTP", data: "GET / HTTP/1.1\r\n\r\n", raw: true, want: "closed 1002"},
}

// TestBadFrames has each frame cost its sender the connection or nothing, and
// nobody else anything.
func TestBadFrames(t *testing.T) {
	servers := bothServers(t)
	p := newPuppet(t)
	p.open(t, "bystander", servers["nudge"], nil)
	kept := 0
	for _, f := range badFrames {
		t.Run(f.name, func(t *testing.T) {
			for name, s := range servers {
				want := f.want
				if name == "Node" && f.node != "" {
					want = f.node
				}
				if got := fate(openWebsocket(t, s), f); got != want {
					t.Errorf("%s: %s, want %s", name, got, want)
				}
				if strings.HasSuffix(want, "kept") {
					kept++
				}
			}
		})
	}
	bystander(t, p, servers["nudge"], kept)
}

// bystander checks that a client saw nothing of what others did but the
// messages that they were allowed to send.
func bystander(t *testing.T, p *puppet, s *server, messages int) {
	t.Helper()
	if got := p.ask(t, "bystander", "end"); !got.OK {
		t.Errorf("the bystander's message was refused: %+v", got.Error)
	}
	got := p.messages(t, "bystander", messages+1)
	if len(got) != messages+1 || got[messages] != `{"message":"end"}` {
		t.Errorf("the bystander received %d messages, want %d", len(got), messages+1)
	}
	if state := p.state(t, "bystander"); state.Connects != 1 || !state.Connected {
		t.Errorf("the bystander lost its connection: %+v", state)
	}
	if r := s.readiness(t); r.code != http.StatusOK {
		t.Errorf("not ready any more: %s", r.Reason)
	}
}

// fate sends a frame and tells what became of the connection, after what was
// said on it until then.
func fate(c *wstest.Client, f frame) string {
	c.T.Helper()
	var err error
	if f.raw {
		_, err = io.WriteString(c.Conn, f.data)
	} else {
		err = c.TryWrite(ws.NewFrame(max(f.op, ws.OpText), true, []byte(f.data)))
	}
	if err == nil { // otherwise it was closed while the frame was written
		err = c.TrySend(stillHere)
	}
	if err != nil {
		c.T.Logf("write: %v", err)
	}
	var said []string
	for {
		packet, err := c.Next()
		var end wsutil.ClosedError
		switch {
		case errors.As(err, &end):
			return strings.Join(append(said, fmt.Sprintf("closed %d", end.Code)), ", ")
		case err != nil:
			return strings.Join(append(said, err.Error()), ", ")
		case strings.Contains(packet, "still here"):
			return strings.Join(append(said, "kept"), ", ")
		}
		said = append(said, packet)
	}
}

// TestBadPosts is the same over polling, where a request is answered as well.
func TestBadPosts(t *testing.T) {
	servers := bothServers(t)
	p := newPuppet(t)
	p.open(t, "bystander", servers["nudge"], nil)
	kept := 0
	for _, tt := range []struct {
		name, body string
		status     int
		kept       bool
		nodeStatus int // where a Node server answers otherwise
	}{
		// Node's engine closes the session, and says that all is well; the
		// protocol's own tests want 400.
		{"nothing", "", 400, false, 200},
		{"no packet", "garbage", 400, false, 200},
		{"unknown type", "9", 400, false, 200},
		{"separator only", "\x1e", 400, false, 200},
		{"packet and garbage", "6\x1exyz", 400, false, 200},
		{"ping", "2", 200, false, 0},
		{"pong unasked", "3", 200, true, 0},
		{"close", "1", 200, false, 0},
		{"noop", "6", 200, true, 0},
		{"message without a packet", "4", 200, false, 0},
		{"event cut short", `42["x"`, 200, false, 0},
		{"event without a name", `42[]`, 200, false, 0},
		{"good event, then a bad one", "42[\"x\"]\x1e42[]", 200, false, 0},
		{"binary out of place", "bAQID", 200, false, 0},
		{"too large", strings.Repeat("x", 1_000_001), 413, true, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for name, s := range servers {
				status := tt.status
				if name == "Node" && tt.nodeStatus != 0 {
					status = tt.nodeStatus
				}
				c := dialPolling(t, s, func(string, ...any) {})
				c.post("40")
				c.poll()
				if got := c.post(tt.body); !strings.HasPrefix(got, strconv.Itoa(status)+" ") {
					t.Errorf("%s answered %s, want %d", name, got, status)
				}
				c.post(stillHere)
				last := c.poll()
				if got := strings.Contains(last, "still here"); got != tt.kept {
					t.Errorf("%s: kept %v, want %v; the next poll got %s", name, got, tt.kept, last)
				}
				if tt.kept {
					kept++
					c.post("1") // or the server would wait for it at its end
				}
			}
		})
	}
	bystander(t, p, servers["nudge"], kept)
}
