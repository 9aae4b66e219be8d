package engineio

import (
	"encoding/base64"
	"encoding/binary"

	"github.com/gobwas/ws"
)

// Engine.IO packet types, as they stand first in a text packet.
const (
	packetOpen    = '0'
	packetClose   = '1'
	packetPing    = '2'
	packetPong    = '3'
	packetMessage = '4'
	packetUpgrade = '5'
	packetNoop    = '6'
	packetBinary  = 'b' // polling only: base64 follows
)

// separator stands between the packets of a polling payload.
const separator = 0x1e

// Frames of the packets that never change. Shared: nothing may write to them.
var (
	framePollingClose = newFrame(ws.OpText, "", []byte{packetClose})
	framePing         = newFrame(ws.OpText, "", []byte{packetPing})
	frameNoop         = newFrame(ws.OpText, "", []byte{packetNoop})
	frameProbe        = newFrame(ws.OpText, "", []byte("3probe"))
	frameClose        = newFrame(ws.OpClose, "", nil)
)

// newFrame is one complete, unmasked frame of prefix and payload.
func newFrame(op ws.OpCode, prefix string, payload []byte) []byte {
	n := len(prefix) + len(payload)
	frame := make([]byte, 0, 10+n)
	frame = append(frame, 0x80|byte(op))
	switch {
	case n < 126:
		frame = append(frame, byte(n))
	case n <= 0xffff:
		frame = binary.BigEndian.AppendUint16(append(frame, 126), uint16(n))
	default:
		frame = binary.BigEndian.AppendUint64(append(frame, 127), uint64(n))
	}
	return append(append(frame, prefix...), payload...)
}

// frameBody is the payload of an unmasked frame made by newFrame, or by the
// adapter to the same form.
func frameBody(frame []byte) []byte {
	switch frame[1] {
	case 126:
		return frame[4:]
	case 127:
		return frame[10:]
	}
	return frame[2:]
}

// appendPayload appends the polling form of the packets in frames.
func appendPayload(dst []byte, frames [][]byte) []byte {
	for i, frame := range frames {
		if i > 0 {
			dst = append(dst, separator)
		}
		body := frameBody(frame)
		if ws.OpCode(frame[0]&0x0f) == ws.OpBinary {
			dst = base64.StdEncoding.AppendEncode(append(dst, packetBinary), body)
		} else {
			dst = append(dst, body...)
		}
	}
	return dst
}
