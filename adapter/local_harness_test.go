package adapter_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	epacket "github.com/zishang520/engine.io-go-parser/packet"
	"github.com/zishang520/engine.io/v2/engine"
	"github.com/zishang520/engine.io/v2/events"
	"github.com/zishang520/engine.io/v2/transports"
	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
)

// localServer is socket.io/v2 with the local adapter, on an engine that records
// what each connection is given to send.
type localServer struct {
	*socket.Server
	engine    engine.BaseServer
	connected chan *socket.Socket
}

func newLocalServer(t testing.TB) *localServer {
	t.Helper()
	return newLocalServerWith(t, adapter.Local())
}

func newLocalServerWith(t testing.TB, adapters socket.AdapterConstructor) *localServer {
	t.Helper()
	opts := socket.DefaultServerOptions()
	opts.SetAdapter(adapters)
	return newLocalServerOf(t, opts)
}

func newLocalServerOf(t testing.TB, opts *socket.ServerOptions) *localServer {
	t.Helper()
	s := &localServer{
		Server:    socket.NewServer(nil, opts),
		engine:    engine.MakeBaseServer(),
		connected: make(chan *socket.Socket, 1),
	}
	s.Bind(s.engine)
	err := s.Sockets().On("connection", func(args ...any) { s.connected <- args[0].(*socket.Socket) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(nil) })
	return s
}

func (s *localServer) adapter() socket.Adapter { return s.Sockets().Adapter() }

// connectTo connects a client over conn.
func (s *localServer) connectTo(t testing.TB, conn engine.Socket) *socket.Socket {
	t.Helper()
	s.engine.Emit("connection", conn)
	conn.Emit("data", types.NewStringBufferString("0"))
	select {
	case client := <-s.connected:
		return client
	case <-time.After(15 * time.Second):
		t.Fatal("no connection in 15 s")
		return nil
	}
}

// connect connects a client whose connection takes frames.
func (s *localServer) connect(t testing.TB) (*socket.Socket, *frameConn) {
	t.Helper()
	conn := &frameConn{plainConn: newPlainConn()}
	return s.connectTo(t, conn), conn
}

// connectPlain connects a client whose connection does not.
func (s *localServer) connectPlain(t testing.TB) (*socket.Socket, *plainConn) {
	t.Helper()
	conn := newPlainConn()
	return s.connectTo(t, conn), conn
}

// uncalled completes engine.Socket with what nobody calls.
type uncalled struct{ engine.Socket }

// plainConn is an engine's connection as socket.io/v2 knows them.
type plainConn struct {
	events.EventEmitter
	uncalled

	transport transports.Transport

	mu       sync.Mutex
	state    string
	messages []string // binary ones as "b" and their bytes
	prepared int      // messages that came with a pre-encoded frame
}

func newPlainConn() *plainConn {
	c := &plainConn{EventEmitter: events.New(), transport: transports.MakeTransport(), state: "open"}
	c.transport.SetWritable(true)
	return c
}

func (c *plainConn) Id() string                      { return "a session" }
func (c *plainConn) Protocol() int                   { return 4 }
func (c *plainConn) RemoteAddress() string           { return "127.0.0.1" }
func (c *plainConn) Transport() transports.Transport { return c.transport }

func (c *plainConn) Request() *types.HttpContext {
	ctx := types.NewHttpContext(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/socket.io/", nil))
	ctx.Flush() // ends the goroutine that waits for the request's end
	return ctx
}

func (c *plainConn) ReadyState() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

func (c *plainConn) Write(data io.Reader, opts *epacket.Options, _ engine.SendCallback) engine.Socket {
	b, _ := io.ReadAll(data)
	text := string(b)
	if _, isText := data.(*types.StringBuffer); !isText {
		text = "b" + text
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.messages = append(c.messages, text)
	if opts != nil && opts.WsPreEncodedFrame != nil {
		c.prepared++
	}
	return c
}

func (c *plainConn) Close(bool) {
	c.mu.Lock()
	was := c.state
	c.state = "closed"
	c.mu.Unlock()
	if was == "open" {
		c.Emit("close", "forced close")
	}
}

// sent are the messages so far.
func (c *plainConn) sent() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.messages...)
}

// forget empties the record.
func (c *plainConn) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.messages = nil
}

// receive hands on a packet of the client.
func (c *plainConn) receive(packet string) {
	c.Emit("data", types.NewStringBufferString(packet))
}

// frameConn is a connection that takes frames.
type frameConn struct {
	*plainConn

	raw      [][]byte // the frames, guarded by mu
	volatile int      // calls that allowed to drop them
	writes   int      // calls in all
}

var _ adapter.FrameConn = (*frameConn)(nil)

// WriteFrames implements adapter.FrameConn. The record has no difference
// between a message that came in a frame and one that was written.
func (c *frameConn) WriteFrames(frames []byte, volatile, _ bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes++
	if volatile {
		c.volatile++
	}
	for r := bytes.NewReader(frames); r.Len() > 0; {
		begin := len(frames) - r.Len()
		f, err := ws.ReadFrame(r)
		c.raw = append(c.raw, frames[begin:len(frames)-r.Len()])
		switch {
		case err != nil:
			c.messages = append(c.messages, "malformed: "+err.Error())
		case f.Header.OpCode == ws.OpBinary:
			c.messages = append(c.messages, "b"+string(f.Payload))
		case len(f.Payload) == 0 || f.Payload[0] != '4':
			c.messages = append(c.messages, "no message: "+string(f.Payload))
		default:
			c.messages = append(c.messages, string(f.Payload[1:]))
		}
	}
}

func (c *frameConn) calls() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.writes
}

func (c *frameConn) frames() [][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([][]byte(nil), c.raw...)
}
