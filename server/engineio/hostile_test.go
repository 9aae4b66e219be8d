package engineio_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"nudge/server/engineio"
	"nudge/server/internal/wstest"
)

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Each ping wants a pong: a client that sends them and reads nothing must not
// make the server hold one for each.
func TestPingFloodFromADeafClient(t *testing.T) {
	e := newEcho(t, engineio.Config{})
	c := e.startWebsocket(t)
	s := next(t, e.opened)
	s.WriteFrames(frameOf(strings.Repeat("x", 7<<20)), false, true) // fills the connection
	waitFor(t, "the connection to be full", func() bool { return !s.Transport().Writable() })
	before := heap()
	var pings bytes.Buffer
	for range 10_000 {
		ws.MustWriteFrame(&pings, ws.MaskFrame(ws.NewPingFrame(nil)))
	}
	for range 100 { // a million
		if _, err := c.Conn.Write(pings.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	if grown := int64(heap()) - int64(before); grown > 4<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	if f := c.frame(); f.Header.Length != 7<<20+1 {
		t.Fatalf("got %d bytes", f.Header.Length)
	}
	if f := c.frame(); f.Header.OpCode != ws.OpPong {
		t.Errorf("got a frame of type %d, want a pong", f.Header.OpCode)
	}
}

// A close frame is answered by one, not two.
func TestOneCloseFrame(t *testing.T) {
	e := newEcho(t, engineio.Config{})
	c := e.startWebsocket(t)
	c.write(ws.NewCloseFrame(ws.NewCloseFrameBody(1001, "")))
	if code := c.closed(); code != 1001 {
		t.Errorf("code %d", code)
	}
	if f, err := c.TryFrame(); err != io.EOF { //nolint:errorlint // TryFrame returns it bare
		t.Errorf("after the close frame came %v, %v", f, err)
	}
}

// A client whose reading is paused for longer than a ping may take is not
// given up: its answer waits to be read.
func TestPausedClientIsNotTimedOut(t *testing.T) {
	e := newEcho(t, engineio.Config{PingInterval: 50 * time.Millisecond, PingTimeout: 50 * time.Millisecond})
	c := e.startWebsocket(t)
	s := next(t, e.opened)
	s.Pause()
	c.send("4first") // in the reader's hands, perhaps
	if got := c.text(); got == "2" {
		c.send("3")
	}
	time.Sleep(300 * time.Millisecond) // several times what an answer may take
	s.Resume()
	for {
		switch c.text() {
		case "2":
			c.send("3")
			c.send("4still there")
		case "4still there":
			return
		}
	}
}

// Connections without a descriptor, as under TLS, are read and written too.
func TestTLS(t *testing.T) {
	e := newEcho(t, engineio.Config{})
	web := httptest.NewTLSServer(e.Server)
	t.Cleanup(web.Close)
	dialer := ws.Dialer{TLSConfig: &tls.Config{InsecureSkipVerify: true}} // the test's own certificate
	dial := func(query string) *client {
		conn, br, _, err := dialer.Dial(context.Background(), "wss"+strings.TrimPrefix(web.URL, "https")+"/socket.io/?EIO=4&transport=websocket"+query)
		if err != nil {
			t.Fatal(err)
		}
		return &client{wstest.New(t, conn, br)}
	}
	c := dial("")
	sessionID(t, c.text()[1:])
	c.send("4hello")
	if got := c.text(); got != "4hello" {
		t.Errorf("got %q", got)
	}
	sid := e.startPolling(t)
	c = dial("&sid=" + sid)
	c.send("2probe")
	if got := c.text(); got != "3probe" {
		t.Fatalf("probe answered %q", got)
	}
	c.send("5")
	c.send("4upgraded")
	if got := c.text(); got != "4upgraded" {
		t.Errorf("got %q", got)
	}
	c.send("2")
	if code := c.closed(); code != 1002 {
		t.Errorf("close code %d", code)
	}
}

// Connections come and go, and leave nothing.
func TestCyclesLeaveNothing(t *testing.T) {
	e := newEcho(t, engineio.Config{})
	cycle := func() {
		c := e.dial(t, "")
		c.text()
		_ = c.Conn.Close()
		next(t, e.closed)
		<-e.opened
	}
	for range 200 {
		cycle()
	}
	settle := func() (int, uint64) {
		waitFor(t, "the sessions to end", func() bool { return e.Stats().Sessions == 0 })
		return runtime.NumGoroutine(), heap()
	}
	goroutines, bytes := settle()
	for range 1000 {
		cycle()
	}
	waitFor(t, "goroutines to end", func() bool { return runtime.NumGoroutine() <= goroutines+2 })
	if _, now := settle(); now > bytes+2<<20 {
		t.Errorf("the heap went from %d to %d bytes", bytes, now)
	}
}

// An upgrade request that lacks what RFC 6455 asks for is no websocket.
func TestBadUpgradeRequest(t *testing.T) {
	e := newEcho(t, engineio.Config{})
	host := strings.TrimPrefix(strings.Split(e.url, "/socket.io")[0], "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(patience))
	_, _ = io.WriteString(conn, "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: "+host+
		"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n")
	b, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(b), "HTTP/1.1 400 ") {
		t.Errorf("got %q, %v", b, err)
	}
	if n := e.Stats().Sessions; n != 0 {
		t.Errorf("%d sessions", n)
	}
}
