package engineio

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

// recorder notes what a decoder finds.
type recorder struct{ found []string }

func (r *recorder) onMessage(op ws.OpCode, payload []byte) error {
	r.found = append(r.found, string('m')+string('0'+byte(op))+string(payload))
	return nil
}

func (r *recorder) onControl(op ws.OpCode, payload []byte) error {
	r.found = append(r.found, "c"+string('0'+byte(op))+string(payload))
	return nil
}

func maskedStream(frames ...ws.Frame) []byte {
	var stream bytes.Buffer
	for _, f := range frames {
		ws.MustWriteFrame(&stream, ws.MaskFrameWith(f, [4]byte{1, 2, 3, 4}))
	}
	return stream.Bytes()
}

// A stream is decoded to the same messages in whatever pieces it comes.
func TestDecoderPieces(t *testing.T) {
	long := strings.Repeat("long ", 20_000)
	stream := maskedStream(
		ws.NewTextFrame([]byte("4a")),
		ws.NewTextFrame(nil),
		ws.NewBinaryFrame([]byte{0, 1}),
		ws.NewFrame(ws.OpText, false, []byte("4\xe2")),
		ws.NewPingFrame([]byte("ping")),
		ws.NewFrame(ws.OpContinuation, false, nil),
		ws.NewFrame(ws.OpContinuation, true, []byte("\x82\xac")),
		ws.NewTextFrame([]byte(long)),
		ws.NewTextFrame(bytes.Repeat([]byte("x"), 200)),
	)
	want := []string{"m14a", "m1", "m2\x00\x01", "c9ping", "m14€", "m1" + long, "m1" + strings.Repeat("x", 200)}
	for _, size := range []int{1, 2, 3, 7, 100, 4096, len(stream)} {
		d := frameDecoder{limit: 1 << 20}
		r := &recorder{}
		for piece := range slices.Chunk(bytes.Clone(stream), size) {
			if err := d.feed(piece, r); err != nil {
				t.Fatalf("pieces of %d: %v", size, err)
			}
		}
		if strings.Join(r.found, "|") != strings.Join(want, "|") {
			t.Errorf("pieces of %d: got %d messages", size, len(r.found))
		}
		if d.message != nil || d.head != nil || d.control != nil {
			t.Errorf("pieces of %d: memory is held between messages", size)
		}
	}
}

func TestOutboxForgetsWhatIsWritten(t *testing.T) {
	var o outbox
	scratch := make([]byte, 0, gatherSize)
	for i := range 10_000 {
		o.push(bytes.Repeat([]byte{byte(i)}, 100))
		o.push(bytes.Repeat([]byte{byte(i)}, 1))
		chunk := o.next(scratch)
		o.written(len(chunk) * 2 / 3)
		if i%100 == 99 {
			for o.len() > 0 {
				o.written(len(o.next(scratch)))
			}
		}
	}
	if o.bytes != 0 || cap(o.chunks) > 1000 {
		t.Errorf("%d bytes, room for %d frames", o.bytes, cap(o.chunks))
	}
}

func FuzzFrameDecoder(f *testing.F) {
	f.Add(maskedStream(ws.NewTextFrame([]byte("4a")), ws.NewPingFrame(nil)), uint8(3))
	f.Add(maskedStream(ws.NewFrame(ws.OpText, false, []byte("4")), ws.NewFrame(ws.OpContinuation, true, []byte("b"))), uint8(1))
	f.Add([]byte{0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}, uint8(14))
	f.Fuzz(func(t *testing.T, stream []byte, size uint8) {
		const limit = 1000
		decode := func(size int) ([]string, error) {
			d := frameDecoder{limit: limit}
			r := &recorder{}
			for piece := range slices.Chunk(bytes.Clone(stream), size) {
				if err := d.feed(piece, r); err != nil {
					return r.found, err
				}
			}
			return r.found, nil
		}
		whole, err := decode(max(len(stream), 1))
		pieces, errPieces := decode(int(size) + 1)
		if !errors.Is(errPieces, err) && (err == nil) != (errPieces == nil) {
			t.Fatalf("in one piece: %v, in pieces: %v", err, errPieces)
		}
		if strings.Join(whole, "|") != strings.Join(pieces, "|") {
			t.Fatalf("in one piece %q, in pieces %q", whole, pieces)
		}
		if err != nil && !errors.Is(err, ErrProtocol) {
			t.Fatalf("an error of no known kind: %v", err)
		}
		for _, message := range whole {
			if len(message) > limit+2 {
				t.Fatalf("a message of %d bytes passed a limit of %d", len(message)-2, limit)
			}
		}
	})
}

func FuzzPayload(f *testing.F) {
	f.Add([]byte("4a\x1e4b"))
	f.Add([]byte("bAQID\x1e3\x1e1"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		srv := New(Config{})
		defer srv.Close()
		s := &Socket{srv: srv}
		if err := s.receivePayload(payload, nil); err != nil && !errors.Is(err, ErrProtocol) {
			t.Fatalf("an error of no known kind: %v", err)
		}
	})
}
