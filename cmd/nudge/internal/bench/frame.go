package bench

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Websocket opcodes (RFC 6455, section 5.2).
const (
	opText   = 0x1
	opBinary = 0x2
	opClose  = 0x8
	opPing   = 0x9
	opPong   = 0xa
)

// maxFrame bounds a frame from the server, in bytes.
const maxFrame = 16 << 20

// errFrame means that the server sent what is no frame that this client takes.
var errFrame = errors.New("malformed websocket frame")

// decodeFrame reads the frame that data starts with. A length of 0 means that
// data ends before the frame does. Servers do not mask, and those that are
// measured do not fragment either.
func decodeFrame(data []byte) (op byte, body []byte, length int, err error) {
	if len(data) < 2 {
		return 0, nil, 0, nil
	}
	if data[0]&0xf0 != 0x80 {
		return 0, nil, 0, fmt.Errorf("%w: fragmented or compressed", errFrame)
	}
	if data[1]&0x80 != 0 {
		return 0, nil, 0, fmt.Errorf("%w: masked by the server", errFrame)
	}
	header, size := 2, uint64(data[1])
	switch size {
	case 126:
		if header = 4; len(data) < header {
			return 0, nil, 0, nil
		}
		size = uint64(binary.BigEndian.Uint16(data[2:]))
	case 127:
		if header = 10; len(data) < header {
			return 0, nil, 0, nil
		}
		size = binary.BigEndian.Uint64(data[2:])
	}
	if size > maxFrame {
		return 0, nil, 0, fmt.Errorf("%w: %d bytes", errFrame, size)
	}
	length = header + int(size)
	if len(data) < length {
		return 0, nil, 0, nil
	}
	return data[0] & 0x0f, data[header:length], length, nil
}

// maskKey masks all frames. It need not be secret: no browser's proxy is near.
var maskKey = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// appendFrame appends a frame as a client sends it.
func appendFrame(dst []byte, op byte, body []byte) []byte {
	dst = append(dst, 0x80|op)
	switch n := len(body); {
	case n < 126:
		dst = append(dst, 0x80|byte(n))
	case n <= 0xffff:
		dst = binary.BigEndian.AppendUint16(append(dst, 0x80|126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, 0x80|127), uint64(n))
	}
	dst = append(dst, maskKey[:]...)
	for i, b := range body {
		dst = append(dst, b^maskKey[i&3])
	}
	return dst
}
