package adapter

import (
	"encoding/binary"
	"slices"

	"github.com/gobwas/ws"
	"github.com/zishang520/engine.io/v2/types"
)

// FrameConn is a connection that takes ready frames, so that one broadcast is
// encoded once for all its receivers.
//
// Connections that do not implement it are written to by the library's
// WriteToEngine.
type FrameConn interface {
	// WriteFrames sends frames: complete unmasked websocket frames, one behind
	// the other, each of one Engine.IO packet: text "4…", or binary. Other
	// connections share them, and they must not be changed. They are written at
	// once where nothing is queued before them, or, where later is set, soon, with
	// what is queued by then. Volatile ones may be dropped where the client is not
	// ready.
	WriteFrames(frames []byte, volatile, later bool)
}

// appendFrames appends the frames of an encoded packet, its attachments included.
func appendFrames(dst []byte, encoded []types.BufferInterface) []byte {
	size := 0
	for _, part := range encoded {
		size += ws.MaxHeaderSize + 1 + part.Len()
	}
	dst = slices.Grow(dst, size)
	for _, part := range encoded {
		if _, text := part.(*types.StringBuffer); text {
			dst = append(appendHeader(dst, ws.OpText, 1+part.Len()), '4')
		} else {
			dst = appendHeader(dst, ws.OpBinary, part.Len())
		}
		dst = append(dst, part.Bytes()...)
	}
	return dst
}

// appendHeader appends the header of a whole, unmasked frame (RFC 6455, section 5.2) whose
// payload has so many bytes.
func appendHeader(dst []byte, op ws.OpCode, length int) []byte {
	const whole = 0x80
	dst = append(dst, whole|byte(op))
	switch {
	case length < 126:
		return append(dst, byte(length))
	case length < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, 126), uint16(length))
	default:
		return binary.BigEndian.AppendUint64(append(dst, 127), uint64(length))
	}
}
