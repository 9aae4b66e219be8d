package parser

import (
	"bytes"
	"fmt"

	sio "github.com/zishang520/socket.io-go-parser/v2/parser"

	"nudge/adapter/esjson"
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
	name, err := scanName(s)
	if err != nil {
		return err
	}
	data[0] = name
	raw := p.isRaw(packet.Nsp, name)
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

// isRaw reports whether an event's arguments are to be Raw.
func (p *Parser) isRaw(nsp, event string) bool { return p.raw != nil && p.raw(nsp, event) }

// scanName enters the payload's array and takes the event's name.
func scanName(s *esjson.Scanner) (string, error) {
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
		return "", errNameless
	}
	kind, err = s.Kind()
	if err != nil {
		return "", payloadError(err)
	}
	if kind != esjson.KindString && kind != esjson.KindNumber {
		return "", errName // whatever it is, it need not be read
	}
	name, err := s.Value()
	if err != nil {
		return "", payloadError(err)
	}
	return eventName(name)
}

var (
	errNameless = fmt.Errorf("%w: %s without a name", ErrPacket, sio.EVENT)
	errName     = fmt.Errorf("%w: the name of an %s must be a string or a number", ErrPacket, sio.EVENT)
)

// eventName is the name that v, the first element of an EVENT, is.
func eventName(v any) (string, error) {
	switch v := v.(type) {
	case float64:
		return esjson.NumberText(v), nil
	case string:
		if isReserved(v) {
			return "", fmt.Errorf("%w: %q is a reserved event name", ErrPacket, v)
		}
		return v, nil
	}
	return "", errName
}
