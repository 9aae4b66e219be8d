package parser

import (
	"fmt"
	"strings"
	"unicode/utf8"

	sio "github.com/zishang520/socket.io-go-parser/v2/parser"

	"nudge/adapter/notepack"
	"nudge/server/internal/emitter"
)

// MsgpackDecoder reads the packets of one connection. What it emits is what a
// Decoder does, and a time.Time (UTC) for each date; undefined is nil, and an
// undefined property is not there. Raw is what JSON.stringify gives in Node for the
// decoded value, but for the order of members.
//
// What the reference decoder refuses is an error. So are, beyond that, an event
// without a usable name, a namespace that does not begin with "/", an ack id that
// is no whole number from 0 to 2^53-1, and what is past the limits of Config.
type MsgpackDecoder struct {
	emitter.Emitter

	parser *Msgpack
}

var _ sio.Decoder = (*MsgpackDecoder)(nil)

// Add takes the next message of the connection, in any of the forms that
// Decoder.Add takes. Errors are as there.
func (d *MsgpackDecoder) Add(data any) error {
	content, binary, err := read(data)
	switch {
	case err != nil:
		return err
	case !binary:
		return fmt.Errorf("%w: text, where each packet is binary: the client needs the msgpack parser, too", ErrPacket)
	}
	packet, err := d.parser.decode(content)
	if err != nil {
		return err
	}
	d.Emit("decoded", packet)
	return nil
}

// Destroy does nothing: no packet is in parts.
func (*MsgpackDecoder) Destroy() {}

// envelope is a packet whose data has not been read yet. What was not sent is
// undefined.
type envelope struct {
	kind, namespace, id, data notepack.Token
	body                      []byte // begins with the data
}

// open reads the object that a packet is, the whole of it: what comes later can
// trust the data to be msgpack within the limits.
func (p *Msgpack) open(message []byte) (e envelope, err error) {
	r := notepack.NewReader(message, p.limits)
	object, err := r.Next()
	if err != nil {
		return e, messageError(err)
	}
	if object.Kind != notepack.Map {
		return e, fmt.Errorf("%w: the message is no object", ErrPacket)
	}
	for range object.Len {
		key, err := r.Key()
		if err != nil {
			return e, messageError(err)
		}
		start := r.Offset()
		value, err := r.Next()
		if err == nil {
			err = r.SkipRest(value)
		}
		if err != nil {
			return e, messageError(err)
		}
		switch key {
		case "type":
			e.kind = value
		case "nsp":
			e.namespace = value
		case "id":
			e.id = value
		case "data":
			e.data, e.body = value, message[start:]
		}
	}
	return e, messageError(r.End())
}

// decode reads one message.
func (p *Msgpack) decode(message []byte) (*sio.Packet, error) {
	e, err := p.open(message)
	if err != nil {
		return nil, err
	}
	kind, ok := e.kind.Whole(uint64(sio.CONNECT_ERROR - sio.CONNECT))
	if !ok {
		return nil, fmt.Errorf("%w: unknown type", ErrPacket)
	}
	packet := &sio.Packet{Type: sio.CONNECT + sio.PacketType(kind), Nsp: string(e.namespace.Bytes)}
	if e.namespace.Kind != notepack.String || !strings.HasPrefix(packet.Nsp, "/") || !utf8.ValidString(packet.Nsp) {
		return nil, fmt.Errorf("%w: the namespace is no string that begins with '/'", ErrPacket)
	}
	if e.id.Kind != notepack.Undefined {
		id, ok := e.id.Whole(maxID)
		if !ok {
			return nil, fmt.Errorf("%w: the ack id is no whole number from 0 to 2^53-1", ErrPacket)
		}
		packet.Id = &id
	}
	if !mayBe(packet.Type, e.data.Kind) {
		return nil, fmt.Errorf("%w: %s with data it cannot carry", ErrPacket, packet.Type)
	}
	r := notepack.NewReader(e.body, p.limits)
	switch {
	case e.data.Kind == notepack.Undefined:
		return packet, nil
	case packet.Type == sio.EVENT:
		return packet, p.event(packet, r)
	}
	packet.Data, err = r.Value()
	return packet, messageError(err)
}

// mayBe reports whether a packet's data may be of a kind.
func mayBe(packet sio.PacketType, data notepack.Kind) bool {
	switch packet {
	case sio.CONNECT:
		return data == notepack.Undefined || data == notepack.Map
	case sio.DISCONNECT:
		return data == notepack.Undefined
	case sio.CONNECT_ERROR:
		return data == notepack.String || data == notepack.Map
	}
	return data == notepack.Array
}

// event reads the array of an EVENT, which r is at the start of.
func (p *Msgpack) event(packet *sio.Packet, r *notepack.Reader) error {
	list, err := r.Next()
	if err != nil {
		return messageError(err)
	}
	if list.Len == 0 {
		return errNameless
	}
	data := make([]any, list.Len, list.Len+spareSlots)
	if data[0], err = r.Value(); err != nil {
		return messageError(err)
	}
	name, err := eventName(data[0])
	if err != nil {
		return err
	}
	data[0] = name
	raw := p.json.isRaw(packet.Nsp, name)
	for i := 1; i < len(data); i++ {
		if raw {
			var text []byte
			text, err = r.AppendJSON(nil)
			data[i] = Raw(text)
		} else {
			data[i], err = r.Value()
		}
		if err != nil {
			return messageError(err)
		}
	}
	packet.Data = data
	return nil
}

func messageError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrPacket, err)
}
