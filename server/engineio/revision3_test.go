package engineio_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/zishang520/engine.io/v2/types"

	"nudge/server/engineio"
	"nudge/server/internal/wstest"
)

// newEcho3 is an echo that speaks revision 3, too. Its requests do.
func newEcho3(t *testing.T, cfg engineio.Config) *echo {
	t.Helper()
	cfg.AllowEIO3 = true
	e := newEcho(t, cfg)
	e.url = strings.Replace(e.url, "EIO=4", "EIO=3", 1)
	return e
}

// startPolling3 opens a session of revision 3 and returns its id.
func (e *echo) startPolling3(t *testing.T, query string) string {
	t.Helper()
	status, body := e.request(t, http.MethodGet, "&transport=polling"+query, "")
	length, packet, _ := strings.Cut(body, ":")
	if status != http.StatusOK || packet == "" || packet[0] != '0' || length != strconv.Itoa(len(packet)) {
		t.Fatalf("handshake answered %d %q", status, body)
	}
	return sessionID(t, packet[1:])
}

func TestRevision3Handshake(t *testing.T) {
	e := newEcho3(t, engineio.Config{PingInterval: 3 * time.Second})
	t.Run("polling", func(t *testing.T) {
		_, body := e.request(t, http.MethodGet, "&transport=polling", "")
		_, packet, _ := strings.Cut(body, ":")
		sid := sessionID(t, packet[1:])
		want := `0{"sid":"` + sid + `","upgrades":["websocket"],"pingInterval":3000,"pingTimeout":20000,"maxPayload":1000000}`
		if body != strconv.Itoa(len(want))+":"+want {
			t.Errorf("got %s\nwant %s", body, want)
		}
	})
	t.Run("websocket", func(t *testing.T) {
		packet := e.dial(t, "").text()
		sid := sessionID(t, packet[1:])
		if want := `0{"sid":"` + sid + `","upgrades":[],"pingInterval":3000,"pingTimeout":20000,"maxPayload":1000000}`; packet != want {
			t.Errorf("got %s\nwant %s", packet, want)
		}
	})
	for range 2 {
		if s := next(t, e.opened); s.Protocol() != 3 || s.Transport().Protocol() != 3 {
			t.Errorf("revision %d, of the transport %d", s.Protocol(), s.Transport().Protocol())
		}
	}
	t.Run("revision 4", func(t *testing.T) {
		c := wstest.Dial(t, strings.Replace(e.url, "EIO=3", "EIO=4", 1)+"&transport=websocket")
		if got := c.Text(); !strings.HasSuffix(got, `,"maxPayload":1000000}`) {
			t.Errorf("got %s", got)
		}
		if s := next(t, e.opened); s.Protocol() != 4 {
			t.Errorf("revision %d", s.Protocol())
		}
	})
	t.Run("JSONP", func(t *testing.T) {
		status, body := e.request(t, http.MethodGet, "&transport=polling&j=0", "")
		if status != 400 || body != `{"code":0,"message":"Transport unknown"}` {
			t.Errorf("answered %d %s", status, body)
		}
	})
}

// Only the revisions that there are get in.
func TestUnknownRevisions(t *testing.T) {
	e := newEcho3(t, engineio.Config{})
	for _, query := range []string{"", "EIO=2&", "EIO=5&", "EIO=03&"} {
		url := strings.Replace(e.url, "EIO=3", query+"transport=polling", 1)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if status, body := do(t, req); status != 400 || body != `{"code":5,"message":"Unsupported protocol version"}` {
			t.Errorf("%q answered %d %s", query, status, body)
		}
	}
}

func TestRevision3Polling(t *testing.T) {
	for _, c := range []struct {
		name, query, sent, contentType, echoed, answerType string
	}{
		{"text", "", "6:4hello", "", "6:4hello", "text/plain; charset=UTF-8"},
		{"several", "", "4:4é😀2:4b", "", "4:4é😀2:4b", "text/plain; charset=UTF-8"},
		{"none", "", "0:2:4a", "", "2:4a", "text/plain; charset=UTF-8"},
		{"base64 both ways", "&b64=1", "6:b4AQID", "", "6:b4AQID", "text/plain; charset=UTF-8"},
		{"base64 in", "", "6:b4AQID", "", "\x01\x04\xff\x04\x01\x02\x03", "application/octet-stream"},
		{"binary", "", "\x00\x03\xff4\xc3\xa9\x01\x03\xff\x04\x00\xff", "application/octet-stream",
			"\x00\x03\xff4\xc3\xa9\x01\x03\xff\x04\x00\xff", "application/octet-stream"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEcho3(t, engineio.Config{})
			sid := e.startPolling3(t, c.query)
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.url+polling(sid), strings.NewReader(c.sent))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", c.contentType)
			if status, body := do(t, req); status != 200 || body != "ok" {
				t.Fatalf("post answered %d %q", status, body)
			}
			req.Method, req.Body, req.ContentLength = http.MethodGet, nil, 0
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			var body strings.Builder
			if err := res.Write(&body); err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if got := res.Header.Get("Content-Type"); got != c.answerType || !strings.HasSuffix(body.String(), "\r\n\r\n"+c.echoed) {
				t.Errorf("poll answered %s %q", got, body.String())
			}
		})
	}
}

func TestRevision3PollingEnds(t *testing.T) {
	for _, c := range []struct {
		name, sent string
		status     int
		reason     string
	}{
		{"revision 4's form", "4hello", 400, "parse error"},
		{"empty body", "", 400, "parse error"},
		{"bad length", "7:4hello", 400, "parse error"},
		{"no packet", "3:abc", 400, "parse error"},
		{"bad base64", "4:b4A!", 400, "parse error"},
		{"base64 of a ping", "6:b2AQID", 400, "parse error"},
		{"a pong", "1:3", 200, "transport error"},
		{"a close packet", "1:1", 200, "transport close"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEcho3(t, engineio.Config{})
			sid := e.startPolling3(t, "")
			if status, _ := e.request(t, http.MethodPost, polling(sid), c.sent); status != c.status {
				t.Errorf("post answered %d, want %d", status, c.status)
			}
			if got := next(t, e.closed); got[0] != c.reason {
				t.Errorf("closed with %v, want %q", got, c.reason)
			}
		})
	}
}

func TestRevision3Websocket(t *testing.T) {
	for query, binary := range map[string]ws.Frame{
		"":       ws.NewBinaryFrame([]byte{4, 1, 2, 3}),
		"&b64=1": ws.NewTextFrame([]byte("b4AQID")),
	} {
		e := newEcho3(t, engineio.Config{})
		c := e.dial(t, query)
		c.text()
		for _, f := range []ws.Frame{ws.NewTextFrame([]byte("4hello")), binary} {
			c.write(f)
			if got := c.frame(); got.Header.OpCode != f.Header.OpCode || string(got.Payload) != string(f.Payload) {
				t.Errorf("%q: %q came back as %q", query, f.Payload, got.Payload)
			}
		}
	}
	for name, f := range map[string]ws.Frame{
		"an empty binary":        ws.NewBinaryFrame(nil),
		"a binary of no message": ws.NewBinaryFrame([]byte{2}),
		"a binary of revision 4": ws.NewBinaryFrame([]byte("data")),
	} {
		t.Run(name, func(t *testing.T) {
			e := newEcho3(t, engineio.Config{})
			c := e.dial(t, "")
			c.text()
			c.write(f)
			if got := next(t, e.closed); got[0] != "parse error" {
				t.Errorf("closed with %v", got)
			}
		})
	}
}

// The client pings, and the server gives it up where it does not.
func TestRevision3Heartbeat(t *testing.T) {
	cfg := engineio.Config{PingInterval: 300 * time.Millisecond, PingTimeout: 500 * time.Millisecond}
	t.Run("websocket", func(t *testing.T) {
		e := newEcho3(t, cfg)
		c := e.dial(t, "")
		c.text()
		start := time.Now()
		var last time.Time
		for time.Since(start) < 1200*time.Millisecond { // longer than without any
			last = time.Now()
			c.send("2")
			if got := c.text(); got != "3" {
				t.Fatalf("a ping was answered %q", got)
			}
		}
		if got := next(t, e.closed); got[0] != "ping timeout" {
			t.Errorf("closed with %v", got)
		}
		if took := time.Since(last); took < 790*time.Millisecond {
			t.Errorf("given up %s after a ping, which is good for 800ms", took)
		}
		c.closed()
	})
	t.Run("polling", func(t *testing.T) {
		e := newEcho3(t, cfg)
		sid := e.startPolling3(t, "")
		e.request(t, http.MethodPost, polling(sid), "1:2")
		if _, body := e.request(t, http.MethodGet, polling(sid), ""); body != "1:3" {
			t.Errorf("a ping was answered %q", body)
		}
		if got := next(t, e.closed); got[0] != "ping timeout" {
			t.Errorf("closed with %v", got)
		}
	})
}

func TestRevision3Upgrade(t *testing.T) {
	e := newEcho3(t, engineio.Config{})
	sid := e.startPolling3(t, "")
	s := next(t, e.opened)
	polled := make(chan string, 1)
	go func() {
		_, body := e.request(t, http.MethodGet, polling(sid), "")
		polled <- body
	}()
	waitFor(t, "a poll to wait", func() bool { return s.Transport().Writable() })
	c := e.dial(t, "&sid="+sid)
	c.send("2probe")
	if got := c.text(); got != "3probe" {
		t.Fatalf("probe answered %q", got)
	}
	if got := next(t, polled); got != "1:6" {
		t.Errorf("the poll was answered %q, want a noop", got)
	}
	s.WriteFrames(ws.MustCompileFrame(ws.NewBinaryFrame([]byte{1, 2})), false, false)
	c.send("5")
	if f := c.frame(); f.Header.OpCode != ws.OpBinary || string(f.Payload) != "\x04\x01\x02" {
		t.Errorf("what waited came as %q", f.Payload)
	}
	c.send("2")
	if got := c.text(); got != "3" {
		t.Errorf("a ping was answered %q", got)
	}
}

// Frames for all reach sessions of both revisions, each in its own form.
func TestRevision3SharedFrames(t *testing.T) {
	e := newEcho3(t, engineio.Config{Compression: true})
	frames := append(frameOf("text"), ws.MustCompileFrame(ws.NewBinaryFrame([]byte{0, 255}))...)
	write := func() { next(t, e.opened).WriteFrames(frames, false, true) }

	three := e.dial(t, "")
	three.text()
	write()
	text64 := e.dial(t, "&b64=1")
	text64.text()
	write()
	four := &client{wstest.Dial(t, strings.Replace(e.url, "EIO=3", "EIO=4", 1)+"&transport=websocket")}
	four.text()
	write()
	sid := e.startPolling3(t, "")
	write()
	for c, want := range map[*client]string{three: "\x04\x00\xff", text64: "b4AP8=", four: "\x00\xff"} {
		if got := c.text(); got != "4text" {
			t.Errorf("got %q", got)
		}
		if f := c.frame(); string(f.Payload) != want {
			t.Errorf("got %q, want %q", f.Payload, want)
		}
	}
	want := "\x00\x05\xff4text\x01\x03\xff\x04\x00\xff"
	if _, body := e.request(t, http.MethodGet, polling(sid), ""); body != want {
		t.Errorf("poll answered %q, want %q", body, want)
	}
}

func TestRevision3Close(t *testing.T) {
	e := newEcho3(t, engineio.Config{})
	sid := e.startPolling3(t, "")
	s := next(t, e.opened)
	s.Write(types.NewStringBufferString("last"), nil, nil)
	s.Close(false)
	for _, want := range []string{"5:4last", "1:1"} { // the close packet alone, in the end
		if _, body := e.request(t, http.MethodGet, polling(sid), ""); body != want {
			t.Errorf("poll answered %q, want %q", body, want)
		}
	}
	next(t, e.closed)
}
