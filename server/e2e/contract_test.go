package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
)

// The hello world of the contract, as it goes over the wire.
const (
	helloSent     = `42["event:message",{"message":"x"}]`
	helloReceived = `42["message","{\"message\":\"x\"}"]`
	helloRelayed  = `{"message":"x"}`
)

// TestHelloByRealClients has real clients of each transport say hello, and
// compares every packet with what they exchange with a Node server.
func TestHelloByRealClients(t *testing.T) {
	for name, s := range bothServers(t) {
		t.Run(name, func(t *testing.T) {
			p := newPuppet(t)
			for _, tt := range []struct {
				name      string
				options   with
				upgraded  bool
				transport string
			}{
				{"polling", with{"transports": pollingOnly}, false, "polling"},
				{"websocket", with{"transports": websocketOnly}, false, "websocket"},
				{"upgrade", with{}, true, "websocket"},
			} {
				t.Run(tt.name, func(t *testing.T) {
					var state clientState
					p.call(t, "open", tt.name, with{"url": s.url, "options": tt.options, "upgraded": tt.upgraded}, &state)
					if state.Transport != tt.transport {
						t.Errorf("connected by %s, want %s", state.Transport, tt.transport)
					}
					p.say(t, tt.name, "x")
					if got := p.messages(t, tt.name, 1); got[0] != helloRelayed {
						t.Errorf("received %q, want %q", got[0], helloRelayed)
					}
					var packets []string
					p.call(t, "packets", tt.name, nil, &packets)
					want := []string{"> 0", `< 0{"sid":"` + state.ID + `"}`, "> " + helloSent[1:], "< " + helloReceived[1:]}
					if strings.Join(packets, "\n") != strings.Join(want, "\n") {
						t.Errorf("packets are\n%s\nwant\n%s", strings.Join(packets, "\n"), strings.Join(want, "\n"))
					}
					p.call(t, "close", tt.name, nil, nil)
				})
			}
		})
	}
}

// TestHelloOnTheChannel reads the Redis connection itself: one publication of
// exactly the bytes that the other nodes and programs expect.
func TestHelloOnTheChannel(t *testing.T) {
	redis := redistest.Start(t)
	s := startNudgeReady(t, redis.URL())
	conn, err := net.Dial("tcp", redis.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(startWithin))
	expect := func(in *bufio.Reader, want string) {
		t.Helper()
		got := make([]byte, len(want))
		if _, err := io.ReadFull(in, got); err != nil || string(got) != want {
			t.Fatalf("Redis sent %q (%v), want %q", got, err, want)
		}
	}
	in := bufio.NewReader(conn)
	if _, err := io.WriteString(conn, "SUBSCRIBE MESSAGES\r\n"); err != nil {
		t.Fatal(err)
	}
	expect(in, "*3\r\n$9\r\nsubscribe\r\n$8\r\nMESSAGES\r\n:1\r\n")

	p := newPuppet(t)
	p.open(t, "a", s, nil)
	p.say(t, "a", "x")
	p.messages(t, "a", 1)
	expect(in, "*3\r\n$7\r\nmessage\r\n$8\r\nMESSAGES\r\n$15\r\n"+helloRelayed+"\r\n")
	if _, err := io.WriteString(conn, "PING\r\n"); err != nil {
		t.Fatal(err)
	}
	expect(in, "*2\r\n$4\r\npong\r\n$0\r\n\r\n") // so nothing else was published
}

// sids are the parts of an answer that differ from one connection to the next:
// 20 characters, but for the ids that the Go library gives its sockets. Those
// have 24, and no client reads anything into them.
var sids = regexp.MustCompile(`"sid":"([A-Za-z0-9_-]{20}|[A-Za-z0-9_-]{24})"`)

// TestWire holds what is said below Socket.IO, byte for byte, to the Node
// server: the same list of answers must come from both.
func TestWire(t *testing.T) {
	const (
		origin = "Access-Control-Allow-Origin: *"
		text   = "200 text/plain; charset=UTF-8 no-store " + origin
		html   = "200 text/html no-store " + origin
		fault  = "400 application/json " + origin
		open   = `0{"sid":"…","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`
	)
	want := strings.Join([]string{
		"GET handshake: " + text + " " + open,
		"POST 40: " + html + " ok",
		`GET connect: ` + text + ` 40{"sid":"…"}`,
		"POST hello: " + html + " ok",
		"GET hello: " + text + " " + helloReceived,
		"POST two packets: " + html + " ok",
		"GET two packets: " + text + " " + helloReceived,
		"unknown sid: " + fault + ` {"code":1,"message":"Session ID unknown"}`,
		"EIO=3: " + fault + ` {"code":5,"message":"Unsupported protocol version"}`,
		"unknown transport: " + fault + ` {"code":0,"message":"Transport unknown"}`,
		"bad method: " + fault + ` {"code":2,"message":"Bad handshake method"}`,
		"preflight: 204 " + origin + " GET,HEAD,PUT,PATCH,POST,DELETE *",
		"websocket: 101 " + origin,
		`websocket: 0{"sid":"…","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`,
		`websocket: 40{"sid":"…"}`,
		"websocket: " + helloReceived,
		"upgrade: 101 " + origin,
		"upgrade: 3probe",
		"upgrade: the poll gets " + text + " 6",
		`upgrade: 40{"sid":"…"}`,
		"upgrade: " + helloReceived,
	}, "\n")
	for name, s := range bothServers(t) {
		t.Run(name, func(t *testing.T) {
			var said []string
			note := func(format string, args ...any) {
				said = append(said, sids.ReplaceAllString(fmt.Sprintf(format, args...), `"sid":"…"`))
			}
			noteWirePolling(t, s, note)
			noteWireErrors(t, s, note)
			noteWireWebsocket(t, s, note)
			noteWireUpgrade(t, s, note)
			if got := strings.Join(said, "\n"); got != want {
				t.Errorf("said\n%s\nwant\n%s", got, want)
			}
		})
	}
}

type noteFunc func(format string, args ...any)

func noteWirePolling(t *testing.T, s *server, note noteFunc) {
	t.Helper()
	c := dialPolling(t, s, note)
	note("POST 40: %s", c.post("40"))
	note("GET connect: %s", c.poll())
	note("POST hello: %s", c.post(helloSent))
	note("GET hello: %s", c.poll())
	note("POST two packets: %s", c.post("3\x1e"+helloSent))
	note("GET two packets: %s", c.poll())
	c.post("1") // or the server would wait for it at its end
}

func noteWireErrors(t *testing.T, s *server, note noteFunc) {
	t.Helper()
	note("unknown sid: %s", request(t, http.MethodGet, s.url+"/socket.io/?EIO=4&transport=polling&sid=unknown", ""))
	note("EIO=3: %s", request(t, http.MethodGet, s.url+"/socket.io/?EIO=3&transport=polling", ""))
	note("unknown transport: %s", request(t, http.MethodGet, s.url+"/socket.io/?EIO=4&transport=pigeon", ""))
	note("bad method: %s", request(t, http.MethodPost, s.url+"/socket.io/?EIO=4&transport=polling", "40"))
	note("preflight: %s", request(t, http.MethodOptions, s.url+"/socket.io/?EIO=4&transport=polling", ""))
}

func noteWireWebsocket(t *testing.T, s *server, note noteFunc) {
	t.Helper()
	c := dialWebsocket(t, s, "", func(answer string) { note("websocket: %s", answer) })
	note("websocket: %s", c.Read())
	c.Send("40")
	note("websocket: %s", c.Read())
	c.Send(helloSent)
	note("websocket: %s", c.Read())
}

func noteWireUpgrade(t *testing.T, s *server, note noteFunc) {
	t.Helper()
	c := dialPolling(t, s, func(string, ...any) {})
	polled := make(chan string, 1)
	go func() { polled <- c.poll() }()
	ws := dialWebsocket(t, s, c.sid, func(answer string) { note("upgrade: %s", answer) })
	ws.Send("2probe")
	note("upgrade: %s", ws.Read())
	note("upgrade: the poll gets %s", <-polled)
	ws.Send("5")
	ws.Send("40")
	note("upgrade: %s", ws.Read())
	ws.Send(helloSent)
	note("upgrade: %s", ws.Read())
}

// dialPolling makes a handshake over polling and notes the answer.
func dialPolling(t *testing.T, s *server, note noteFunc) *pollingClient {
	t.Helper()
	url := s.url + "/socket.io/?EIO=4&transport=polling"
	answer := request(t, http.MethodGet, url, "")
	note("GET handshake: %s", answer)
	_, body, _ := strings.Cut(answer, " 0{")
	var open struct{ Sid string }
	if err := json.Unmarshal([]byte("{"+body), &open); err != nil {
		t.Fatalf("handshake %q: %v", answer, err)
	}
	if len(open.Sid) != 20 {
		t.Errorf("session id %q has %d characters, want 20", open.Sid, len(open.Sid))
	}
	return &pollingClient{t, url + "&sid=" + open.Sid, open.Sid}
}
