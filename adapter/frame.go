package adapter

import (
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
	for _, part := range encoded {
		if _, text := part.(*types.StringBuffer); text {
			dst = append(dst, ws.MustCompileFrame(ws.NewTextFrame(append([]byte{'4'}, part.Bytes()...)))...)
		} else {
			dst = append(dst, ws.MustCompileFrame(ws.NewBinaryFrame(part.Bytes()))...)
		}
	}
	return dst
}
