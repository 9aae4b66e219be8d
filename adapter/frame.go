package adapter

import (
	"github.com/gobwas/ws"
	"github.com/zishang520/engine.io/v2/types"
)

// FrameConn is a connection that takes ready frames, so that one broadcast is
// encoded once for all its receivers. Each frame is a complete unmasked
// websocket frame of one Engine.IO packet: text "4…", or binary. The receiver
// shares them and must not change them. Volatile frames may be dropped where
// the client is not ready.
//
// Connections that do not implement it are written to by the library's
// WriteToEngine.
type FrameConn interface {
	WriteFrames(frames [][]byte, volatile bool)
}

// frames builds the frames of an encoded packet, its attachments included.
func frames(encoded []types.BufferInterface) [][]byte {
	out := make([][]byte, len(encoded))
	for i, part := range encoded {
		if _, text := part.(*types.StringBuffer); text {
			out[i] = ws.MustCompileFrame(ws.NewTextFrame(append([]byte{'4'}, part.Bytes()...)))
		} else {
			out[i] = ws.MustCompileFrame(ws.NewBinaryFrame(part.Bytes()))
		}
	}
	return out
}
