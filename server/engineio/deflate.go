package engineio

import (
	"bytes"
	"compress/flate"
	"sync"

	"github.com/gobwas/httphead"
	"github.com/gobwas/ws/wsflate"
)

// Compression of websocket messages: permessage-deflate, RFC 7692. Neither side
// may keep its window from one message to the next: a connection then holds
// nothing between two messages, and a broadcast is compressed once for all.

// rsvDeflated is the reserved bit that the first frame of a compressed message
// carries, as ws.Header.Rsv has it.
const rsvDeflated = 4

// deflateTail ends what a sync flush wrote; a message leaves it out.
const deflateTail = "\x00\x00\xff\xff"

// negotiation takes the first offer of a websocket handshake that this server
// can serve.
type negotiation struct{ wsflate.Extension }

func newNegotiation() *negotiation {
	n := &negotiation{}
	n.Parameters = wsflate.Parameters{ServerNoContextTakeover: true, ClientNoContextTakeover: true}
	return n
}

// negotiate answers one offer. One that is malformed is declined, as RFC 7692,
// section 7.1, asks; the connection goes on without.
func (n *negotiation) negotiate(offer httphead.Option) (httphead.Option, error) {
	if answer, err := n.Negotiate(offer); err == nil {
		return answer, nil
	}
	return httphead.Option{}, nil
}

// agreed tells whether messages may be compressed.
func (n *negotiation) agreed() bool {
	if n == nil {
		return false
	}
	_, accepted := n.Accepted()
	return accepted
}

// deflater compresses one message at a time.
type deflater struct {
	buf bytes.Buffer
	w   *flate.Writer
}

// deflaters are few, as each takes more than a megabyte. The fastest level
// costs a third of zlib's usual one, and chat is little larger for it.
var deflaters = sync.Pool{New: func() any {
	d := &deflater{}
	d.w, _ = flate.NewWriter(&d.buf, flate.BestSpeed) // fails for unknown levels only
	return d
}}

// deflateFrames is frames with each message of from bytes or more compressed, nil
// where none is the shorter for it.
func deflateFrames(frames []byte, from int) []byte {
	var out []byte
	shorter := false
	for rest := frames; len(rest) > 0; {
		op, payload, next := cutFrame(rest)
		frame := rest[:len(rest)-len(next)]
		rest = next
		if len(payload) >= from && !op.IsControl() {
			if compressed := deflate(frame); compressed != nil {
				frame, shorter = compressed, true
			}
		}
		out = append(out, frame...)
	}
	if !shorter {
		return nil
	}
	return out
}

// deflate is the compressed form of a frame, nil where that is no shorter.
func deflate(frame []byte) []byte {
	op, payload, _ := cutFrame(frame)
	d := deflaters.Get().(*deflater)
	defer deflaters.Put(d)
	d.buf.Reset()
	d.w.Reset(&d.buf)
	_, _ = d.w.Write(payload) // into memory: neither can fail
	_ = d.w.Flush()
	body := bytes.TrimSuffix(d.buf.Bytes(), []byte(deflateTail))
	if len(body) >= len(payload) {
		return nil
	}
	out := newFrame(op, "", body)
	out[0] |= rsvDeflated << 4
	return out
}
