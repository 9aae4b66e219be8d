package adapter_test

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/zishang520/engine.io/v2/engine"
	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
	"nudge/adapter/adaptertest/recording"
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

// plainConn is a connection that takes packets alone.
type plainConn struct{ *recording.Conn }

func newPlainConn() *plainConn { return &plainConn{recording.New("")} }

// sent are the messages so far, binary ones as "b" and their bytes.
func (c *plainConn) sent() []string {
	var all []string
	for _, m := range c.Messages() {
		if m.Binary {
			m.Data = "b" + m.Data
		}
		all = append(all, m.Data)
	}
	return all
}

func (c *plainConn) forget() { c.Forget() }

// receive hands on a packet of the client.
func (c *plainConn) receive(packet string) { c.Receive(packet) }

// frameConn is a connection that takes frames.
type frameConn struct {
	*plainConn

	mu       sync.Mutex
	raw      [][]byte // the frames
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
			c.Record(recording.Message{Data: "malformed: " + err.Error()})
		case f.Header.OpCode == ws.OpBinary:
			c.Record(recording.Message{Data: string(f.Payload), Binary: true})
		case len(f.Payload) == 0 || f.Payload[0] != '4':
			c.Record(recording.Message{Data: "no message: " + string(f.Payload)})
		default:
			c.Record(recording.Message{Data: string(f.Payload[1:])})
		}
	}
}

func (c *frameConn) calls() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.writes
}

// droppable is how often something came that may be dropped.
func (c *frameConn) droppable() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.volatile
}

func (c *frameConn) frames() [][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([][]byte(nil), c.raw...)
}
