package dispatch_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
	"nudge/server/engineio"
	"nudge/server/internal/dispatch"
	"nudge/server/parser"
)

// patience bounds every wait for something that must happen.
const patience = 20 * time.Second

// node is socket.io/v2 on our engine, with ordered dispatch.
type node struct {
	*socket.Server
	engine *engineio.Server
	url    string
	log    *lockedBuffer
}

func newNode(t *testing.T, cfg dispatch.Config) *node {
	t.Helper()
	n := &node{log: &lockedBuffer{}}
	cfg.Logger = slog.New(slog.NewTextHandler(n.log, nil))
	n.engine = engineio.New(engineio.Config{CloseTimeout: 50 * time.Millisecond, Logger: cfg.Logger})
	opts := socket.DefaultServerOptions()
	opts.SetParser(dispatch.Parser(parser.New(parser.Config{}), cfg))
	opts.SetAdapter(dispatch.Adapter(adapter.Local(), cfg))
	n.Server = socket.NewServer(nil, opts)
	n.Bind(n.engine)
	web := httptest.NewServer(n.engine)
	n.url = web.URL + "/socket.io/?EIO=4&transport="
	t.Cleanup(func() {
		n.Close(nil)
		web.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return n
}

// onConnection registers a handler for the sockets of "/".
func (n *node) onConnection(t *testing.T, f func(*socket.Socket)) {
	t.Helper()
	if err := n.On("connection", func(args ...any) { f(args[0].(*socket.Socket)) }); err != nil {
		t.Fatal(err)
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// client is a Socket.IO client on a websocket that sees packets as they are.
type client struct {
	t    testing.TB
	conn net.Conn
	br   io.Reader
}

func (n *node) dial(t testing.TB) *client {
	t.Helper()
	conn, br, _, err := ws.Dial(t.Context(), "ws"+strings.TrimPrefix(n.url, "http")+"websocket")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	c := &client{t: t, conn: conn, br: conn}
	if br != nil {
		c.br = io.MultiReader(br, conn)
	}
	c.read() // the open packet
	return c
}

// connect dials and connects to "/".
func (n *node) connect(t testing.TB) *client {
	t.Helper()
	c := n.dial(t)
	c.send("40")
	c.expectPrefix("40{")
	return c
}

func (c *client) send(packet string) {
	c.t.Helper()
	if err := wsutil.WriteClientText(c.conn, []byte(packet)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) read() string {
	c.t.Helper()
	f, err := ws.ReadFrame(c.br)
	if err != nil {
		c.t.Fatalf("waiting for a packet: %v", err)
	}
	return string(f.Payload)
}

func (c *client) expect(packet string) {
	c.t.Helper()
	if got := c.read(); got != packet {
		c.t.Fatalf("got %q, want %q", got, packet)
	}
}

func (c *client) expectPrefix(prefix string) {
	c.t.Helper()
	if got := c.read(); !strings.HasPrefix(got, prefix) {
		c.t.Fatalf("got %q, want %q…", got, prefix)
	}
}

// record notes what happened, in the order it did.
type record struct {
	mu   sync.Mutex
	list []string
}

func (r *record) add(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, fmt.Sprintf(format, args...))
}

func (r *record) snapshot() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.list...)
}

// wait returns the record once it has n entries.
func (r *record) wait(t testing.TB, n int) []string {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		list := r.snapshot()
		if len(list) >= n {
			return list
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d entries: %q", len(list), n, list)
		}
		time.Sleep(time.Millisecond)
	}
}
