package parser

import (
	"bytes"
	"fmt"
	"math"
	"unicode/utf8"

	sio "github.com/zishang520/socket.io-go-parser/v2/parser"

	"nudge/adapter/esjson"
)

// maxID is the largest ack id that JavaScript's numbers count exactly.
const maxID = 1<<53 - 1

// spareSlots is the room left past the end of an event's arguments.
const spareSlots = 2

// decode reads one text message. attachments is how many binary messages belong
// to it.
func (p *Parser) decode(text []byte) (packet *sio.Packet, attachments int, err error) {
	if len(text) == 0 {
		return nil, 0, fmt.Errorf("%w: empty message", ErrPacket)
	}
	packet = &sio.Packet{Type: sio.PacketType(text[0]), Nsp: "/"}
	if !packet.Type.Valid() {
		return nil, 0, fmt.Errorf("%w: unknown type %q", ErrPacket, text[0])
	}
	rest := text[1:]
	switch packet.Type {
	case sio.BINARY_EVENT:
		packet.Type = sio.EVENT
		attachments, rest, err = p.attachments(rest)
	case sio.BINARY_ACK:
		packet.Type = sio.ACK
		attachments, rest, err = p.attachments(rest)
	}
	if err != nil {
		return nil, 0, err
	}
	if len(rest) > 0 && rest[0] == '/' {
		nsp, after, _ := bytes.Cut(rest, []byte{','})
		if !utf8.Valid(nsp) {
			return nil, 0, fmt.Errorf("%w: namespace is not UTF-8", ErrPacket)
		}
		rest = after
		if len(nsp) > 1 {
			packet.Nsp = string(nsp)
		}
	}
	if packet.Id, rest, err = ackID(rest); err != nil {
		return nil, 0, err
	}
	if err := p.payload(packet, rest); err != nil {
		return nil, 0, err
	}
	return packet, attachments, nil
}

// attachments reads "<count>-". As in the reference decoder a binary packet has
// at least one.
func (p *Parser) attachments(rest []byte) (int, []byte, error) {
	digits, rest, found := bytes.Cut(rest, []byte{'-'})
	n, ok := decimal(digits, math.MaxInt32)
	switch {
	case !found || !ok || n < 1:
		return 0, nil, fmt.Errorf("%w: a binary packet begins with the number of its attachments and '-'", ErrPacket)
	case int(n) > p.maxAttachments:
		return 0, nil, fmt.Errorf("%w: %d attachments, %d allowed", ErrPacket, n, max(p.maxAttachments, 0))
	}
	return int(n), rest, nil
}

// ackID reads the digits before the payload, if there are any.
func ackID(rest []byte) (*uint64, []byte, error) {
	n := 0
	for n < len(rest) && '0' <= rest[n] && rest[n] <= '9' {
		n++
	}
	if n == 0 {
		return nil, rest, nil
	}
	id, ok := decimal(rest[:n], maxID)
	if !ok {
		return nil, nil, fmt.Errorf("%w: ack id past 2^53-1", ErrPacket)
	}
	return &id, rest[n:], nil
}

// decimal is the number that digits spell, if they are one and it is no more than
// limit.
func decimal(digits []byte, limit uint64) (n uint64, ok bool) {
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		if n = n*10 + uint64(c-'0'); n > limit {
			return 0, false
		}
	}
	return n, len(digits) > 0
}

// payload reads the JSON of a packet and holds it to what its type may carry.
func (p *Parser) payload(packet *sio.Packet, text []byte) error {
	if len(text) == 0 {
		switch packet.Type {
		case sio.EVENT, sio.ACK:
			return fmt.Errorf("%w: %s without a payload", ErrPacket, packet.Type)
		}
		return nil
	}
	// The reference decoder takes white space here for digits of the ack id, so
	// no encoder can ever have sent it.
	if c := text[0]; c == ' ' || c == '\t' || c == '\n' || c == '\r' {
		return fmt.Errorf("%w: white space before the payload", ErrPacket)
	}
	s := esjson.NewScanner(text, p.limits)
	kind, err := s.Kind()
	if err != nil {
		return payloadError(err)
	}
	allowed := false
	switch packet.Type {
	case sio.CONNECT:
		allowed = kind == esjson.KindObject
	case sio.CONNECT_ERROR:
		allowed = kind == esjson.KindObject || kind == esjson.KindString
	case sio.EVENT:
		return p.event(packet, s, text)
	case sio.ACK:
		allowed = kind == esjson.KindArray
	}
	if !allowed {
		return fmt.Errorf("%w: %s with a payload it cannot carry", ErrPacket, packet.Type)
	}
	if packet.Data, err = s.Value(); err == nil {
		err = s.End()
	}
	return payloadError(err)
}

func payloadError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: payload: %w", ErrPacket, err)
}
