package adapter_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/gobwas/ws"
	"github.com/zishang520/engine.io/v2/types"
)

// TestFrames holds that what a connection gets is ready to be written: whole,
// unmasked frames, whatever their length.
func TestFrames(t *testing.T) {
	s := newLocalServer(t)
	_, conn := s.connect(t)
	// The three forms of a frame's length, and their bounds; 125 less what is around the text.
	for _, length := range []int{0, 1, 100, 110, 111, 112, 113, 114, 115, 116, 120, 125, 126, 65_515, 65_525, 65_535, 65_536, 1_000_000} {
		text := strings.Repeat("é", length/2) + strings.Repeat("x", length%2)
		binary := bytes.Repeat([]byte{0xff}, length)
		before := len(conn.frames())
		_ = s.Sockets().Emit("m", text)
		_ = s.Sockets().Emit("m", types.NewBytesBuffer(binary))
		got := conn.frames()[before:]
		if len(got) != 3 {
			t.Fatalf("%d bytes came in %d frames, want 1 for the text and 2 for the binary", length, len(got))
		}
		checkFrame(t, got[0], ws.OpText, []byte(`42["m","`+text+`"]`))
		if !bytes.Contains(got[1], []byte(`451-["m",{`)) {
			t.Errorf("a binary packet begins with %.60q", got[1])
		}
		checkFrame(t, got[2], ws.OpBinary, binary)
	}
}

func checkFrame(t *testing.T, frame []byte, op ws.OpCode, payload []byte) {
	t.Helper()
	r := bytes.NewReader(frame)
	f, err := ws.ReadFrame(r)
	if err != nil || r.Len() != 0 {
		t.Errorf("%d bytes are no frame: %v, %d left over", len(frame), err, r.Len())
		return
	}
	if h := f.Header; !h.Fin || h.Masked || h.OpCode != op || h.Rsv != 0 || !bytes.Equal(f.Payload, payload) {
		t.Errorf("the frame is %+v %.60q, want %.60q", h, f.Payload, payload)
	}
}

// Receivers share one frame: it is built once.
func TestFramesAreShared(t *testing.T) {
	s := newLocalServer(t)
	_, a := s.connect(t)
	_, b := s.connect(t)
	_ = s.Sockets().Emit("hello")
	if !slices.Equal(a.sent()[1:], []string{`2["hello"]`}) || &a.frames()[0][0] != &b.frames()[0][0] {
		t.Errorf("the frames are %q and %q", a.frames(), b.frames())
	}
}
