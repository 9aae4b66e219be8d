package parser

import (
	"errors"
	"strconv"

	"github.com/zishang520/engine.io/v2/types"
	sio "github.com/zishang520/socket.io-go-parser/v2/parser"
)

// Encoder writes packets. The payload is what JSON.stringify would write:
//
//   - Strings and numbers in JavaScript's form (NaN and infinities as null),
//     integers exactly, map keys sorted.
//   - Structs, pointers, json.Marshaler and encoding.TextMarshaler as
//     encoding/json treats them, tags respected.
//   - []byte, types.BufferInterface and io.Reader, wherever they are, as binary
//     attachments; *types.StringBuffer and *strings.Reader as strings. In packets
//     other than EVENT and ACK, which carry no attachments, as a Buffer's JSON.
//   - Raw and json.RawMessage as they are, if valid.
//
// An argument that cannot be encoded (a func or chan in it, a cycle, invalid Raw)
// becomes null, as a function does in a JavaScript array, and is logged once for
// its type. In CONNECT and CONNECT_ERROR {} stands for what these cannot carry. An EVENT that would have no usable name is logged and not sent at all:
// Encode returns nothing, where the reference decoder would have closed the
// receiver's connection.
type Encoder struct{ parser *Parser }

var _ sio.Encoder = (*Encoder)(nil)

var errNoName = errors.New("an event without a name is not sent")

// Encode returns the messages of a packet: a *types.StringBuffer, then a
// *types.BytesBuffer for each attachment. The packet is left as it is (a Reader
// in it is read to its end), and nothing returned shares memory with it.
func (e *Encoder) Encode(packet *sio.Packet) []types.BufferInterface {
	w := writer{limits: e.parser.limits}
	kind := plainType(packet.Type)
	if kind != sio.EVENT && kind != sio.ACK {
		w.binary = inText
	}

	w.buf = make([]byte, 0, sizeHint(packet))
	w.buf = append(w.buf, byte(kind))
	if packet.Nsp != "" && packet.Nsp != "/" {
		w.buf = append(w.buf, packet.Nsp...)
		w.buf = append(w.buf, ',')
	}
	if packet.Id != nil {
		w.buf = strconv.AppendUint(w.buf, *packet.Id, 10)
	}
	if !e.parser.writePayload(&w, packet, kind) {
		return nil
	}
	if len(w.attachments) == 0 {
		return []types.BufferInterface{types.NewStringBuffer(w.buf)}
	}
	return w.withAttachments(kind)
}

// plainType is the type of a packet whatever is attached to it.
func plainType(t sio.PacketType) sio.PacketType {
	switch t {
	case sio.BINARY_EVENT:
		return sio.EVENT
	case sio.BINARY_ACK:
		return sio.ACK
	}
	return t
}

// writePayload writes what packet carries, nothing if that is nothing. ok is false
// when the packet must not be sent.
func (p *Parser) writePayload(w *writer, packet *sio.Packet, kind sio.PacketType) (ok bool) {
	start := len(w.buf)
	switch kind {
	case sio.EVENT, sio.ACK:
		p.arguments(w, packet)
		if kind == sio.EVENT && !hasName(w.buf[start:]) {
			p.report(packet, packet.Data, errNoName)
			return false
		}
	case sio.CONNECT, sio.CONNECT_ERROR:
		if packet.Data != nil {
			before := w.state()
			p.value(w, packet, packet.Data, "{}")
			if !mayCarry(kind, w.buf[start]) {
				w.restore(before, "{}")
			}
		}
	}
	return true
}

// arguments writes the array of an EVENT or an ACK.
func (p *Parser) arguments(w *writer, packet *sio.Packet) {
	switch data := packet.Data.(type) {
	case nil:
		w.buf = append(w.buf, "[]"...)
	case []any:
		w.buf = append(w.buf, '[')
		for i, argument := range data {
			if i > 0 {
				w.buf = append(w.buf, ',')
			}
			p.value(w, packet, argument, "null")
		}
		w.buf = append(w.buf, ']')
	default:
		p.value(w, packet, data, "[]")
	}
}

// value writes v, or what stands for it when it cannot be encoded.
func (p *Parser) value(w *writer, packet *sio.Packet, v any, instead string) {
	before := w.state()
	if err := w.value(v, 1); err != nil {
		p.report(packet, v, err)
		w.restore(before, instead)
	}
}

// hasName reports whether an EVENT's payload is an array that starts with a
// string or a number.
func hasName(payload []byte) bool {
	if len(payload) < 2 || payload[0] != '[' {
		return false
	}
	c := payload[1]
	return c == '"' || c == '-' || '0' <= c && c <= '9'
}

// mayCarry reports whether a CONNECT or CONNECT_ERROR may have a payload that
// starts with c.
func mayCarry(kind sio.PacketType, c byte) bool {
	return c == '{' || c == '"' && kind == sio.CONNECT_ERROR
}

// withAttachments returns the packet with its attachments. The text was written without
// their number, which is only known now.
func (w *writer) withAttachments(kind sio.PacketType) []types.BufferInterface {
	text := make([]byte, 0, len(w.buf)+4)
	if kind == sio.EVENT {
		text = append(text, byte(sio.BINARY_EVENT))
	} else {
		text = append(text, byte(sio.BINARY_ACK))
	}
	text = strconv.AppendInt(text, int64(len(w.attachments)), 10)
	text = append(text, '-')
	text = append(text, w.buf[1:]...)
	messages := make([]types.BufferInterface, 0, 1+len(w.attachments))
	messages = append(messages, types.NewStringBuffer(text))
	for _, attachment := range w.attachments {
		messages = append(messages, types.NewBytesBuffer(attachment))
	}
	return messages
}

// sizeHint guesses the length of a packet's text, so that one allocation mostly
// does.
func sizeHint(packet *sio.Packet) int {
	size := len(packet.Nsp) + 24
	data, _ := packet.Data.([]any)
	for _, v := range data {
		switch v := v.(type) {
		case string:
			// Room for quotes, and for some escapes.
			size += len(v) + len(v)/8 + 8
		case Raw:
			size += len(v)
		default:
			size += 32
		}
	}
	return size
}
