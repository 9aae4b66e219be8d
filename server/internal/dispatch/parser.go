package dispatch

import (
	"github.com/zishang520/engine.io/v2/events"
	"github.com/zishang520/engine.io/v2/types"
	sio "github.com/zishang520/socket.io-go-parser/v2/parser"

	"nudge/server/engineio"
)

// Parser wraps inner, whose decoders come to give each packet its turn. It
// takes effect on connections of package engineio, and only together with
// Adapter.
func Parser(inner sio.Parser, cfg Config) sio.Parser {
	return &parser{Parser: inner, cfg: cfg.withDefaults()}
}

type parser struct {
	sio.Parser
	cfg        Config
	namespaces namespaces
}

func (p *parser) NewDecoder() sio.Decoder {
	d := &decoder{Decoder: p.Parser.NewDecoder(), cfg: &p.cfg}
	d.namespaces = &p.namespaces
	_ = d.Decoder.On(decoded, d.onDecoded)
	return d
}

const decoded = "decoded"

// decoder is one connection's: it reads packets with the inner one, and emits
// them when their turn has come.
type decoder struct {
	sio.Decoder
	cfg *Config
	lanes

	// Only the reader touches these.
	size    int   // bytes of the packet being read
	refusal error // why the last packet was refused
}

// Add decodes one message.
func (d *decoder) Add(data any) error {
	switch message := data.(type) {
	case *engineio.Message:
		d.attach(message)
		if message.IsGreeting() {
			return nil
		}
		d.size += len(message.Bytes())
	case types.BufferInterface:
		d.size += message.Len()
	}
	if err := d.Decoder.Add(data); err != nil {
		return err
	}
	return d.refusal
}

// attach ties the decoder to the session its messages come from.
func (d *decoder) attach(message *engineio.Message) {
	if d.session != nil {
		return
	}
	session, ok := message.Session().(*engineio.Socket)
	if ok {
		d.lanes.init(d.cfg, session)
		session.Attach(d)
	}
}

// On registers the library's listener for packets, and any other with the inner
// decoder.
func (d *decoder) On(name events.EventName, listeners ...events.Listener) error {
	if name == decoded && len(listeners) == 1 {
		d.setDeliver(listeners[0])
		return nil
	}
	return d.Decoder.On(name, listeners...)
}

// RemoveListener is called when the library lets go of the connection: what
// still waits is of no interest to anyone.
func (d *decoder) RemoveListener(name events.EventName, listener events.Listener) bool {
	if name == decoded {
		d.abandon()
		return true
	}
	return d.Decoder.RemoveListener(name, listener)
}

func (d *decoder) onDecoded(args ...any) {
	packet, ok := args[0].(*sio.Packet)
	if !ok {
		return
	}
	size := d.size
	d.size = 0
	switch packet.Type {
	case sio.ACK, sio.BINARY_ACK:
		d.acknowledge(packet)
	default:
		if d.refusal = d.check(packet); d.refusal == nil {
			d.refusal = d.enqueue(packet, size)
		}
	}
}
