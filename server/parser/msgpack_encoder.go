package parser

import (
	"github.com/zishang520/engine.io/v2/types"
	sio "github.com/zishang520/socket.io-go-parser/v2/parser"

	"nudge/adapter/jsvalue"
	"nudge/adapter/notepack"
)

// MsgpackEncoder writes packets. Values are what an Encoder makes of them, but for
// these, which msgpack has forms for: binary data, wherever it is; time.Time, a
// Date; NaN and infinities. It first writes JSON, so that both formats agree on
// what a Go value stands for.
type MsgpackEncoder struct{ parser *Msgpack }

// EncodesObjects makes MsgpackEncoder a jsvalue.ObjectEncoder.
func (e *MsgpackEncoder) EncodesObjects() {}

var _ sio.Encoder = (*MsgpackEncoder)(nil)

// Encode returns the one message of a packet, a *types.BytesBuffer; nothing for an
// event without a name. The packet is left as it is (a Reader in it is read to its
// end), and nothing returned shares memory with it.
func (e *MsgpackEncoder) Encode(packet *sio.Packet) []types.BufferInterface {
	kind := plainType(packet.Type)
	w := jsvalue.Writer{Form: jsvalue.Packed, Limits: e.parser.json.limits, Buf: make([]byte, 0, sizeHint(packet))}
	if !e.parser.json.writePayload(&w, packet, kind) {
		return nil
	}
	fields := 2
	if len(w.Buf) > 0 {
		fields++
	}
	if packet.Id != nil {
		fields++
	}
	out := notepack.AppendMap(make([]byte, 0, len(w.Buf)+64), fields)
	out = notepack.AppendUint(notepack.AppendString(out, "type"), uint64(kind-sio.CONNECT))
	if len(w.Buf) > 0 {
		out = notepack.AppendString(out, "data")
		var err error
		if out, err = w.AppendPacked(out); err != nil {
			e.parser.json.report(packet, packet.Data, err)
			return nil
		}
	}
	namespace := packet.Nsp
	if namespace == "" {
		namespace = "/"
	}
	out = notepack.AppendString(notepack.AppendString(out, "nsp"), namespace)
	if packet.Id != nil {
		out = notepack.AppendUint(notepack.AppendString(out, "id"), *packet.Id)
	}
	return []types.BufferInterface{types.NewBytesBuffer(out)}
}
