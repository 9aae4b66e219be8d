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

// event reads the payload of an EVENT: its name and its arguments.
func (p *Parser) event(packet *sio.Packet, text []byte) error {
	s := esjson.NewScanner(text, p.limits)
	name, err := eventName(s)
	if err != nil {
		return err
	}
	take := s.Value
	if p.raw != nil && p.raw(packet.Nsp, name) {
		// The arguments are parts of the text, which is the engine's.
		s = esjson.NewScanner(bytes.Clone(text), p.limits)
		if _, err := eventName(s); err != nil {
			return err
		}
		take = func() (any, error) {
			argument, err := s.Skip()
			return Raw(argument), err
		}
	}
	data := make([]any, 1, 2+spareSlots)
	data[0] = name
	for {
		more, err := s.Next(']', false)
		if err != nil {
			return payloadError(err)
		}
		if !more {
			break
		}
		argument, err := take()
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

// eventName enters the payload's array and takes the name.
func eventName(s *esjson.Scanner) (string, error) {
	kind, err := s.Kind()
	if err != nil {
		return "", payloadError(err)
	}
	if kind != esjson.KindArray {
		return "", fmt.Errorf("%w: %s with a payload it cannot carry", ErrPacket, sio.EVENT)
	}
	if err := s.Open(); err != nil {
		return "", payloadError(err)
	}
	more, err := s.Next(']', true)
	if err != nil {
		return "", payloadError(err)
	}
	if !more {
		return "", fmt.Errorf("%w: %s without a name", ErrPacket, sio.EVENT)
	}
	if kind, err = s.Kind(); err != nil {
		return "", payloadError(err)
	}
	if kind != esjson.KindString && kind != esjson.KindNumber {
		return "", fmt.Errorf("%w: the name of an %s must be a string or a number", ErrPacket, sio.EVENT)
	}
	value, err := s.Value()
	if err != nil {
		return "", payloadError(err)
	}
	switch name := value.(type) {
	case string:
		if isReserved(name) {
			return "", fmt.Errorf("%w: %q is a reserved event name", ErrPacket, name)
		}
		return name, nil
	case float64:
		return numericName(name), nil
	}
	return "", fmt.Errorf("%w: unusable event name", ErrPacket)
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
