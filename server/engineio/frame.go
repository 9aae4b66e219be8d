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
	packetBinary  = 'b' // a message: base64 follows
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

// cutFrame splits the first frame off frames, which are unmasked ones made by
// newFrame or by the adapter to the same form, and returns its payload.
func cutFrame(frames []byte) (op ws.OpCode, payload, rest []byte) {
	n, head := int(frames[1]), 2
	switch n {
	case 126:
		n, head = int(binary.BigEndian.Uint16(frames[2:])), 4
	case 127:
		n, head = int(binary.BigEndian.Uint64(frames[2:])), 10
	}
	return ws.OpCode(frames[0] & 0x0f), frames[head : head+n], frames[head+n:]
}

// payloadOf is the polling form of the packets in frames.
func payloadOf(frames ...[]byte) []byte {
	var op ws.OpCode
	var packet, dst []byte
	for _, rest := range frames {
		for len(rest) > 0 {
			op, packet, rest = cutFrame(rest)
			if len(dst) > 0 {
				dst = append(dst, separator)
			}
			if op == ws.OpBinary {
				dst = base64.StdEncoding.AppendEncode(append(dst, packetBinary), packet)
			} else {
				dst = append(dst, packet...)
			}
		}
	}
	return dst
}
