package dispatch_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
	"nudge/server/engineio"
	"nudge/server/internal/dispatch"
	"nudge/server/internal/wstest"
	"nudge/server/parser"
)

// patience bounds every wait for something that must happen.
const patience = 20 * time.Second

// node is socket.io/v2 on our engine, with ordered dispatch.
type node struct {
	*socket.Server
	engine *engineio.Server
	url    string
	log    *wstest.Buffer
}

// newNode starts one; wrap goes around its adapters.
func newNode(t *testing.T, cfg dispatch.Config, wrap ...func(socket.AdapterConstructor) socket.AdapterConstructor) *node {
	t.Helper()
	n := &node{log: &wstest.Buffer{}}
	cfg.Logger = slog.New(slog.NewTextHandler(n.log, nil))
	n.engine = engineio.New(engineio.Config{
		AllowEIO3: true, CloseTimeout: 50 * time.Millisecond, Logger: cfg.Logger,
	})
	opts := socket.DefaultServerOptions()
	opts.SetParser(dispatch.Parser(parser.New(parser.Config{}), cfg))
	adapters := dispatch.Adapter(adapter.Local(), cfg)
	for _, f := range wrap {
		adapters = f(adapters)
	}
	opts.SetAdapter(adapters)
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

// dial opens a websocket, and connects to no namespace yet.
func (n *node) dial(t testing.TB) *wstest.Client {
	t.Helper()
	c := wstest.Dial(t, n.url+"websocket")
	c.ExpectPrefix("0{")
	return c
}

// connect dials and connects to "/".
func (n *node) connect(t testing.TB) *wstest.Client {
	t.Helper()
	c := n.dial(t)
	c.Send("40")
	c.ExpectPrefix("40{")
	return c
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
