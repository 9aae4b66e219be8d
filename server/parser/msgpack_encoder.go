package parser

import (
	"github.com/zishang520/engine.io/v2/types"
	sio "github.com/zishang520/socket.io-go-parser/v2/parser"

	"nudge/server/internal/msgpack"
)

// MsgpackEncoder writes packets. Values are what an Encoder makes of them, but for
// these, which msgpack has forms for: binary data, wherever it is; time.Time, a
// Date; NaN and infinities. It first writes JSON, so that both formats agree on
// what a Go value stands for.
type MsgpackEncoder struct{ parser *Msgpack }

var _ sio.Encoder = (*MsgpackEncoder)(nil)

// Encode returns the one message of a packet, a *types.BytesBuffer; nothing for an
// event without a name. The packet is left as it is (a Reader in it is read to its
// end), and nothing returned shares memory with it.
func (e *MsgpackEncoder) Encode(packet *sio.Packet) []types.BufferInterface {
	kind := plainType(packet.Type)
	w := writer{binary: packed, limits: e.parser.json.limits, buf: make([]byte, 0, sizeHint(packet))}
	if !e.parser.json.writePayload(&w, packet, kind) {
		return nil
	}
	fields := 2
	if len(w.buf) > 0 {
		fields++
	}
	if packet.Id != nil {
		fields++
	}
	out := msgpack.AppendMap(make([]byte, 0, len(w.buf)+64), fields)
	out = msgpack.AppendUint(msgpack.AppendString(out, "type"), uint64(kind-sio.CONNECT))
	if len(w.buf) > 0 {
		out = msgpack.AppendString(out, "data")
		var err error
		if out, err = appendPacked(out, &w); err != nil {
			e.parser.json.report(packet, packet.Data, err)
			return nil
		}
	}
	namespace := packet.Nsp
	if namespace == "" {
		namespace = "/"
	}
	out = msgpack.AppendString(msgpack.AppendString(out, "nsp"), namespace)
	if packet.Id != nil {
		out = msgpack.AppendUint(msgpack.AppendString(out, "id"), *packet.Id)
	}
	return []types.BufferInterface{types.NewBytesBuffer(out)}
}
