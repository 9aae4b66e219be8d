package parser

import (
	"errors"
	"strconv"

	"github.com/zishang520/engine.io/v2/types"
	sio "github.com/zishang520/socket.io-go-parser/v2/parser"

	"nudge/adapter/jsvalue"
)

// Encoder writes packets. The payload is what JSON.stringify would write of the
// values that package jsvalue takes. Binary data are attachments, and in packets other
// than EVENT and ACK, which carry none, a Buffer's JSON.
//
// An argument that cannot be encoded (a func or chan in it, a cycle, invalid Raw)
// becomes null, as a function does in a JavaScript array, and is logged once for
// its type. In CONNECT and CONNECT_ERROR {} stands for what these cannot carry. An EVENT that would have no usable name is logged and not sent at all:
// Encode returns nothing, where the reference decoder would have closed the
// receiver's connection.
type Encoder struct{ parser *Parser }

// EncodesObjects makes Encoder a jsvalue.ObjectEncoder.
func (e *Encoder) EncodesObjects() {}

var _ sio.Encoder = (*Encoder)(nil)

var errNoName = errors.New("an event without a name is not sent")

// Encode returns the messages of a packet: a *types.StringBuffer, then a
// *types.BytesBuffer for each attachment. The packet is left as it is (a Reader
// in it is read to its end), and nothing returned shares memory with it.
func (e *Encoder) Encode(packet *sio.Packet) []types.BufferInterface {
	w := jsvalue.Writer{Limits: e.parser.limits}
	kind := plainType(packet.Type)
	if kind != sio.EVENT && kind != sio.ACK {
		w.Form = jsvalue.Text
	}

	w.Buf = make([]byte, 0, sizeHint(packet))
	w.Buf = append(w.Buf, byte(kind))
	if packet.Nsp != "" && packet.Nsp != "/" {
		w.Buf = append(w.Buf, packet.Nsp...)
		w.Buf = append(w.Buf, ',')
	}
	if packet.Id != nil {
		w.Buf = strconv.AppendUint(w.Buf, *packet.Id, 10)
	}
	if !e.parser.writePayload(&w, packet, kind) {
		return nil
	}
	if len(w.Attachments) == 0 {
		return []types.BufferInterface{types.NewStringBuffer(w.Buf)}
	}
	return withAttachments(&w, kind)
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
func (p *Parser) writePayload(w *jsvalue.Writer, packet *sio.Packet, kind sio.PacketType) (ok bool) {
	start := len(w.Buf)
	switch kind {
	case sio.EVENT, sio.ACK:
		p.arguments(w, packet)
		if kind == sio.EVENT && !hasName(w.Buf[start:]) {
			p.report(packet, packet.Data, errNoName)
			return false
		}
	case sio.CONNECT, sio.CONNECT_ERROR:
		if packet.Data != nil {
			before := w.State()
			p.value(w, packet, packet.Data, "{}")
			if !mayCarry(kind, w.Buf[start]) {
				w.Restore(before, "{}")
			}
		}
	}
	return true
}

// arguments writes the array of an EVENT or an ACK.
func (p *Parser) arguments(w *jsvalue.Writer, packet *sio.Packet) {
	switch data := packet.Data.(type) {
	case nil:
		w.Buf = append(w.Buf, "[]"...)
	case []any:
		w.Buf = append(w.Buf, '[')
		for i, argument := range data {
			if i > 0 {
				w.Buf = append(w.Buf, ',')
			}
			p.value(w, packet, argument, "null")
		}
		w.Buf = append(w.Buf, ']')
	default:
		p.value(w, packet, data, "[]")
	}
}

// value writes v, or what stands for it when it cannot be encoded.
func (p *Parser) value(w *jsvalue.Writer, packet *sio.Packet, v any, instead string) {
	before := w.State()
	if err := w.Value(v, 1); err != nil {
		p.report(packet, v, err)
		w.Restore(before, instead)
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
func withAttachments(w *jsvalue.Writer, kind sio.PacketType) []types.BufferInterface {
	text := make([]byte, 0, len(w.Buf)+4)
	if kind == sio.EVENT {
		text = append(text, byte(sio.BINARY_EVENT))
	} else {
		text = append(text, byte(sio.BINARY_ACK))
	}
	text = strconv.AppendInt(text, int64(len(w.Attachments)), 10)
	text = append(text, '-')
	text = append(text, w.Buf[1:]...)
	messages := make([]types.BufferInterface, 0, 1+len(w.Attachments))
	messages = append(messages, types.NewStringBuffer(text))
	for _, attachment := range w.Attachments {
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
