package engineio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// Ways in which a websocket's bytes can be wrong beyond RFC 6455's framing.
var (
	errTooBig      = errors.New("message exceeds the payload limit")
	errInvalidUTF8 = errors.New("text message is not valid UTF-8")
)

// frameHandler takes what a frameDecoder finds. The payload is the decoder's
// own and valid only during the call.
type frameHandler interface {
	onMessage(op ws.OpCode, payload []byte) error
	onControl(op ws.OpCode, payload []byte) error
}

// frameDecoder turns the bytes of one websocket into messages, in whatever
// pieces they come. It holds memory only while a message is incomplete. The
// zero value with a limit is ready.
type frameDecoder struct {
	limit int    // bytes of one message, all its fragments together
	early []byte // what came with the handshake, to be fed first

	head    []byte    // an incomplete header
	header  ws.Header // of the frame being read
	reading bool      // header is valid, and payload still missing
	deflate bool      // messages may be compressed
	packed  bool      // the one being read is
	got     int       // payload bytes of the frame seen so far
	op      ws.OpCode // of the fragmented message being read, or 0
	message []byte    // payload gathered of the message so far
	control []byte    // payload gathered of a control frame so far
}

// feed decodes p, which it unmasks in place. After an error it must not be fed
// again.
func (d *frameDecoder) feed(p []byte, h frameHandler) error {
	for {
		if !d.reading {
			if len(p) == 0 {
				return nil
			}
			rest, err := d.readHeader(p)
			if err != nil {
				return err
			}
			p = rest
			if !d.reading {
				return nil // the header goes on in the next piece
			}
		}
		n := min(len(p), int(d.header.Length)-d.got)
		part := p[:n]
		p = p[n:]
		ws.Cipher(part, d.header.Mask, d.got)
		d.got += n
		if err := d.take(part, h); err != nil {
			return err
		}
		if d.reading {
			return nil // the payload goes on in the next piece
		}
	}
}

// readHeader consumes a header, or keeps its beginning for the next piece.
func (d *frameDecoder) readHeader(p []byte) ([]byte, error) {
	src := p
	if len(d.head) > 0 {
		src = append(d.head, p[:min(len(p), ws.MaxHeaderSize-len(d.head))]...)
	}
	h, n, err := parseHeader(src)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		d.head = append([]byte(nil), src...)
		return nil, nil
	}
	if err := d.checkHeader(h); err != nil {
		return nil, err
	}
	used := n - len(d.head)
	d.head = nil
	if opensMessage(h) {
		d.packed = h.Rsv != 0
	}
	d.header, d.reading, d.got = h, true, 0
	return p[used:], nil
}

// parseHeader reads a frame header; n is 0 where src ends before it does.
func parseHeader(src []byte) (h ws.Header, n int, err error) {
	if len(src) < 2 {
		return h, 0, nil
	}
	h.Fin = src[0]&0x80 != 0
	h.Rsv = src[0] >> 4 & 7
	h.OpCode = ws.OpCode(src[0] & 0x0f)
	h.Masked = src[1]&0x80 != 0
	n = 2
	switch length := src[1] & 0x7f; length {
	case 126:
		n += 2
		if len(src) < n {
			return h, 0, nil
		}
		h.Length = int64(binary.BigEndian.Uint16(src[2:]))
	case 127:
		n += 8
		if len(src) < n {
			return h, 0, nil
		}
		length := binary.BigEndian.Uint64(src[2:])
		if length>>63 != 0 {
			return h, 0, fmt.Errorf("%w: frame length has its highest bit set", ErrProtocol)
		}
		h.Length = int64(length)
	default:
		h.Length = int64(length)
	}
	if h.Masked {
		if len(src) < n+4 {
			return h, 0, nil
		}
		copy(h.Mask[:], src[n:])
		n += 4
	}
	return h, n, nil
}

// opensMessage tells the first frame of a message from those that continue one,
// and from control frames.
func opensMessage(h ws.Header) bool { return h.OpCode == ws.OpText || h.OpCode == ws.OpBinary }

func (d *frameDecoder) checkHeader(h ws.Header) error {
	state := ws.StateServerSide
	if d.op != 0 {
		state = state.Set(ws.StateFragmented)
	}
	if d.deflate && h.Rsv == rsvDeflated && opensMessage(h) {
		h.Rsv = 0 // the one place where a reserved bit has a meaning
	}
	if err := ws.CheckHeader(h, state); err != nil {
		return fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	if !h.OpCode.IsControl() && h.Length > int64(d.limit-len(d.message)) {
		return fmt.Errorf("%w: %w of %d bytes", ErrProtocol, errTooBig, d.limit)
	}
	return nil
}

// take handles the next part of the current frame's payload.
func (d *frameDecoder) take(part []byte, h frameHandler) error {
	whole := d.got == int(d.header.Length)
	if d.header.OpCode.IsControl() {
		return d.takeControl(part, whole, h)
	}
	if whole && d.header.Fin && len(d.message) == 0 && d.op == 0 {
		// The common case: one frame is the message, and came in one piece.
		d.reading = false
		return d.deliver(d.header.OpCode, part, h)
	}
	if d.message == nil {
		// No more than this for a mere announcement of a long message.
		d.message = make([]byte, 0, min(d.header.Length, 4<<10))
	}
	d.message = append(d.message, part...)
	if !whole {
		return nil
	}
	d.reading = false
	if d.header.OpCode != ws.OpContinuation {
		d.op = d.header.OpCode
	}
	if !d.header.Fin {
		return nil
	}
	message, op := d.message, d.op
	d.message, d.op = nil, 0
	return d.deliver(op, message, h)
}

func (d *frameDecoder) takeControl(part []byte, whole bool, h frameHandler) error {
	if !whole {
		d.control = append(d.control, part...)
		return nil
	}
	d.reading = false
	if len(d.control) > 0 {
		part = append(d.control, part...)
		d.control = nil
	}
	return h.onControl(d.header.OpCode, part)
}

func (d *frameDecoder) deliver(op ws.OpCode, message []byte, h frameHandler) error {
	if d.packed {
		var err error
		if message, err = inflate(message, d.limit); err != nil {
			return err
		}
	}
	if op == ws.OpText && !utf8.Valid(message) {
		return fmt.Errorf("%w: %w", ErrProtocol, errInvalidUTF8)
	}
	return h.onMessage(op, message)
}

// closeCode is what a websocket that failed with err is closed with.
func closeCode(err error) ws.StatusCode {
	switch {
	case errors.Is(err, errTooBig):
		return ws.StatusMessageTooBig
	case errors.Is(err, errInvalidUTF8), errors.Is(err, errBadDeflate):
		return ws.StatusInvalidFramePayloadData
	}
	return ws.StatusProtocolError
}
