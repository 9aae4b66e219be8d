package engineio

import "github.com/zishang520/engine.io/v2/engine"

// Message is one message from a client, the argument of a "data" event. It is
// valid only while the event is emitted: its bytes are the connection's buffer.
type Message struct {
	data   []byte
	binary bool
	greets bool
	from   *Socket
}

// Bytes is the message without its packet type.
func (m *Message) Bytes() []byte { return m.data }

// IsBinary tells a binary message from a text, which is valid UTF-8.
func (m *Message) IsBinary() bool { return m.binary }

// IsGreeting tells the message of Socket.Greet, which no client has sent.
func (m *Message) IsGreeting() bool { return m.greets }

// Session is the session the message came on.
func (m *Message) Session() engine.Socket { return m.from }
