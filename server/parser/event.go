package parser

import (
	"bytes"
	"fmt"
	"math"

	sio "github.com/zishang520/socket.io-go-parser/v2/parser"

	"nudge/server/internal/esjson"
)

// isReserved tells the names that mean something else on either side. They are
// the reference decoder's, two of Node's EventEmitter among them.
func isReserved(event string) bool {
	switch event {
	case "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener":
		return true
	}
	return false
}

// event reads the payload of an EVENT, which s is at the start of: its name and
// its arguments.
func (p *Parser) event(packet *sio.Packet, s *esjson.Scanner, text []byte) error {
	data := make([]any, 1, 2+spareSlots)
	name, err := eventName(s)
	if err != nil {
		return err
	}
	data[0] = name
	raw := false
	if p.raw != nil {
		text, _ := name.(string)
		raw = p.raw(packet.Nsp, text)
	}
	if raw {
		// The arguments are parts of a text, which cannot be the engine's: go on
		// at the same place in a copy.
		s = s.On(bytes.Clone(text))
	}
	for {
		more, err := s.Next(']', false)
		if err != nil {
			return payloadError(err)
		}
		if !more {
			break
		}
		var argument any
		if raw {
			var part []byte
			part, err = s.Skip()
			argument = Raw(part)
		} else {
			argument, err = s.Value()
		}
		if err != nil {
			return payloadError(err)
		}
		data = append(data, argument)
	}
	if err := s.End(); err != nil {
		return payloadError(err)
	}
	if cap(data)-len(data) < spareSlots {
		data = append(data, make([]any, spareSlots)...)[:len(data)]
	}
	packet.Data = data
	return nil
}

// eventName enters the payload's array and takes the name, a string.
func eventName(s *esjson.Scanner) (any, error) {
	kind, err := s.Kind()
	if err != nil {
		return nil, payloadError(err)
	}
	if kind != esjson.KindArray {
		return nil, fmt.Errorf("%w: %s with a payload it cannot carry", ErrPacket, sio.EVENT)
	}
	if err := s.Open(); err != nil {
		return nil, payloadError(err)
	}
	more, err := s.Next(']', true)
	if err != nil {
		return nil, payloadError(err)
	}
	if !more {
		return nil, fmt.Errorf("%w: %s without a name", ErrPacket, sio.EVENT)
	}
	if kind, err = s.Kind(); err != nil {
		return nil, payloadError(err)
	}
	if kind != esjson.KindString && kind != esjson.KindNumber {
		return nil, fmt.Errorf("%w: the name of an %s must be a string or a number", ErrPacket, sio.EVENT)
	}
	name, err := s.Value()
	if err != nil {
		return nil, payloadError(err)
	}
	switch n := name.(type) {
	case float64:
		return numericName(n), nil
	case string:
		if isReserved(n) {
			return nil, fmt.Errorf("%w: %q is a reserved event name", ErrPacket, n)
		}
	}
	return name, nil
}

// numericName is JavaScript's String(f).
func numericName(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return string(esjson.AppendNumber(nil, f))
}
