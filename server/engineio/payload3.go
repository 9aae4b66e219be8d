package engineio

import (
	"bytes"
	"fmt"
	"iter"
	"strconv"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// Polling payloads of revision 3 (https://github.com/socketio/engine.io-protocol/tree/v3,
// "Payload"). They are text where all packets are: each a length in UTF-16 code
// units, a colon, the packet. Else they are binary: each packet a byte of its
// kind, its length in bytes as decimal digits of a byte each, 255, the packet.

const (
	kindText   = 0
	kindBinary = 1
	lengthEnd  = 255
)

// payload3Of is the payload of the packets in frames.
func payload3Of(frames ...[]byte) []byte {
	var dst []byte
	binary := false
	for op := range packetsOf(frames) {
		binary = binary || op == ws.OpBinary
	}
	for op, packet := range packetsOf(frames) {
		if binary {
			dst = appendBinaryPacket3(dst, op, packet)
			continue
		}
		dst = strconv.AppendInt(dst, int64(utf16Length(packet)), 10)
		dst = append(append(dst, ':'), packet...)
	}
	return dst
}

func appendBinaryPacket3(dst []byte, op ws.OpCode, packet []byte) []byte {
	kind := byte(kindText)
	if op == ws.OpBinary {
		kind = kindBinary
	}
	dst = append(dst, kind)
	for _, digit := range []byte(strconv.Itoa(len(packet))) {
		dst = append(dst, digit-'0')
	}
	return append(append(dst, lengthEnd), packet...)
}

// packetsOf goes through the packets in frames.
func packetsOf(frames [][]byte) iter.Seq2[ws.OpCode, []byte] {
	return func(yield func(ws.OpCode, []byte) bool) {
		for _, rest := range frames {
			for len(rest) > 0 {
				op, packet, next := cutFrame(rest)
				if !yield(op, packet) {
					return
				}
				rest = next
			}
		}
	}
}

// isBinaryPayload tells the binary form from text, whose first byte is a digit,
// or a packet type in revision 4.
func isBinaryPayload(payload []byte) bool { return len(payload) > 0 && payload[0] <= kindBinary }

// utf16Length is the length of a text as JavaScript counts it.
func utf16Length(text []byte) int {
	n := 0
	for _, r := range string(text) {
		n += utf16Units(r)
	}
	return n
}

func utf16Units(r rune) int {
	if r > 0xffff {
		return 2
	}
	return 1
}

// cutPacket3 takes the first packet off a text payload of valid UTF-8.
func cutPacket3(payload []byte) (packet, rest []byte, err error) {
	digits, _, found := bytes.Cut(payload[:min(len(payload), 11)], []byte{':'})
	length, err := strconv.ParseUint(string(digits), 10, 31)
	if !found || err != nil {
		return nil, nil, fmt.Errorf("%w: payload without a length", errPacket)
	}
	text := payload[len(digits)+1:]
	end := 0
	for left := int(length); left > 0; {
		r, size := utf8.DecodeRune(text[end:])
		if left -= utf16Units(r); size == 0 || left < 0 {
			return nil, nil, fmt.Errorf("%w: payload with another length than it says", errPacket)
		}
		end += size
	}
	return text[:end], text[end:], nil
}

// cutBinaryPacket3 takes the first packet off a binary payload.
func cutBinaryPacket3(payload []byte) (packet []byte, binary bool, rest []byte, err error) {
	kind, rest := payload[0], payload[1:]
	length, digits := 0, 0
	for digits < len(rest) && rest[digits] != lengthEnd {
		length = 10*length + int(rest[digits])
		if rest[digits] > 9 || length > len(payload) {
			return nil, false, nil, fmt.Errorf("%w: binary payload with a bad length", errPacket)
		}
		digits++
	}
	if kind > kindBinary || digits == 0 || digits == len(rest) || len(rest) < digits+1+length {
		return nil, false, nil, fmt.Errorf("%w: binary payload that is none", errPacket)
	}
	rest = rest[digits+1:]
	return rest[:length], kind == kindBinary, rest[length:], nil
}

// receivePayload3 is receivePayload for revision 3; binary tells the form.
func (s *Socket) receivePayload3(payload []byte, binary bool, gone <-chan struct{}) error {
	if len(payload) == 0 {
		return fmt.Errorf("%w: payload is empty", errPacket)
	}
	if !binary && !utf8.Valid(payload) {
		return fmt.Errorf("%w: %w", errPacket, errInvalidUTF8)
	}
	s.charge(0, len(payload))
	for len(payload) > 0 {
		var (
			packet []byte
			bytes  bool
			err    error
		)
		if binary {
			packet, bytes, payload, err = cutBinaryPacket3(payload)
		} else {
			packet, payload, err = cutPacket3(payload)
		}
		if err == nil {
			err = s.receivePacket3(packet, bytes)
		}
		if err != nil {
			return err
		}
		s.charge(1, 0)
		if !s.gate.wait(gone) {
			return fmt.Errorf("%w: post", ErrAborted)
		}
	}
	return nil
}

func (s *Socket) receivePacket3(packet []byte, binary bool) error {
	switch {
	case binary:
		return s.receiveBinary(packet)
	case len(packet) == 0:
		return nil // how the reference implementation says that there is none
	case !utf8.Valid(packet):
		return fmt.Errorf("%w: %w", errPacket, errInvalidUTF8)
	}
	return s.receiveText(packet)
}
