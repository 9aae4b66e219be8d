// Package recording has connections of an engine for a server of socket.io/v2: they record
// what they are given to send, which is what an adapter answers for, and lose and reorder
// nothing, as the library's own engine does.
package recording

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"

	epacket "github.com/zishang520/engine.io-go-parser/packet"
	"github.com/zishang520/engine.io/v2/engine"
	"github.com/zishang520/engine.io/v2/events"
	"github.com/zishang520/engine.io/v2/transports"
	"github.com/zishang520/engine.io/v2/types"
)

// Conn is an engine's connection as socket.io/v2 knows them. New makes one.
type Conn struct {
	events.EventEmitter
	uncalled
	// Sent is called with each message, unless it is nil: one at a time, by who sends it.
	Sent func(Message)

	target    string
	transport transports.Transport

	mu       sync.Mutex
	state    string
	messages []Message
	prepared int
}

// Message is one that a connection was given to send.
type Message struct {
	Data   string
	Binary bool
}

// uncalled completes engine.Socket with what nobody calls.
type uncalled struct{ engine.Socket }

// New is an open connection; query is that of the request it began with.
func New(query string) *Conn {
	c := &Conn{
		EventEmitter: events.New(), target: "/socket.io/?" + query,
		transport: transports.MakeTransport(), state: "open",
	}
	c.transport.SetWritable(true)
	return c
}

// Id is the same for all: nobody looks for one by it.
func (c *Conn) Id() string { return "a session" } //nolint:revive // engine.Socket spells it so

// Protocol is the revision of Engine.IO's protocol.
func (c *Conn) Protocol() int { return 4 }

// RemoteAddress is the client's address.
func (c *Conn) RemoteAddress() string { return "127.0.0.1" }

// Transport is always writable.
func (c *Conn) Transport() transports.Transport { return c.transport }

// Request is the request that the connection began with.
func (c *Conn) Request() *types.HttpContext {
	ctx := types.NewHttpContext(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, c.target, nil))
	ctx.Flush() // ends the goroutine that waits for the request's end
	return ctx
}

// ReadyState is "open" or "closed".
func (c *Conn) ReadyState() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// Write records a message.
func (c *Conn) Write(data io.Reader, opts *epacket.Options, _ engine.SendCallback) engine.Socket {
	b, _ := io.ReadAll(data)
	_, isText := data.(*types.StringBuffer)
	c.Record(Message{Data: string(b), Binary: !isText})
	if opts != nil && opts.WsPreEncodedFrame != nil {
		c.mu.Lock()
		c.prepared++
		c.mu.Unlock()
	}
	return c
}

// Record is Write for one who has the message by other ways.
func (c *Conn) Record(m Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.messages = append(c.messages, m)
	if c.Sent != nil {
		c.Sent(m)
	}
}

// Close ends the connection.
func (c *Conn) Close(bool) {
	c.mu.Lock()
	was := c.state
	c.state = "closed"
	c.mu.Unlock()
	if was == "open" {
		c.Emit("close", "forced close")
	}
}

// Messages are those so far.
func (c *Conn) Messages() []Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.messages)
}

// Forget empties the record.
func (c *Conn) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.messages = nil
}

// Prepared is how many messages came with a pre-encoded frame, which the library's engine
// must not be given.
func (c *Conn) Prepared() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.prepared
}

// Receive hands on a packet of the client.
func (c *Conn) Receive(packet string) { c.Emit("data", types.NewStringBufferString(packet)) }

// ReceiveBinary hands on binary data of the client.
func (c *Conn) ReceiveBinary(data []byte) { c.Emit("data", types.NewBytesBuffer(data)) }
