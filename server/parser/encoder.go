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
	kind := packet.Type
	switch kind {
	case sio.BINARY_EVENT:
		kind = sio.EVENT
	case sio.BINARY_ACK:
		kind = sio.ACK
	}
	w.inline = kind != sio.EVENT && kind != sio.ACK

	w.buf = make([]byte, 0, sizeHint(packet))
	w.buf = append(w.buf, byte(kind))
	if packet.Nsp != "" && packet.Nsp != "/" {
		w.buf = append(w.buf, packet.Nsp...)
		w.buf = append(w.buf, ',')
	}
	if packet.Id != nil {
		w.buf = strconv.AppendUint(w.buf, *packet.Id, 10)
	}
	payload := len(w.buf)
	switch kind {
	case sio.EVENT, sio.ACK:
		e.arguments(&w, packet)
		if kind == sio.EVENT && !hasName(w.buf[payload:]) {
			e.parser.report(packet, packet.Data, errNoName)
			return nil
		}
	case sio.CONNECT, sio.CONNECT_ERROR:
		if packet.Data != nil {
			e.value(&w, packet, packet.Data, "{}")
			if !mayCarry(kind, w.buf[payload]) {
				w.buf = append(w.buf[:payload], "{}"...)
			}
		}
	}
	if len(w.attachments) == 0 {
		return []types.BufferInterface{types.NewStringBuffer(w.buf)}
	}
	return w.binary(kind)
}

// arguments writes the array of an EVENT or an ACK.
func (e *Encoder) arguments(w *writer, packet *sio.Packet) {
	switch data := packet.Data.(type) {
	case nil:
		w.buf = append(w.buf, "[]"...)
	case []any:
		w.buf = append(w.buf, '[')
		for i, argument := range data {
			if i > 0 {
				w.buf = append(w.buf, ',')
			}
			e.value(w, packet, argument, "null")
		}
		w.buf = append(w.buf, ']')
	default:
		e.value(w, packet, data, "[]")
	}
}

// value writes v, or what stands for it when it cannot be encoded.
func (e *Encoder) value(w *writer, packet *sio.Packet, v any, instead string) {
	length, attachments := len(w.buf), len(w.attachments)
	if err := w.value(v, 1); err != nil {
		e.parser.report(packet, v, err)
		w.buf = append(w.buf[:length], instead...)
		w.attachments = w.attachments[:attachments]
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

// binary returns the packet with its attachments. The text was written without
// their number, which is only known now.
func (w *writer) binary(kind sio.PacketType) []types.BufferInterface {
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
