package parser

import (
	"fmt"

	"github.com/zishang520/engine.io/v2/types"
	sio "github.com/zishang520/socket.io-go-parser/v2/parser"

	"nudge/adapter/esjson"
)

// The properties of the object that stands where an attachment belongs.
const (
	placeholderKey = "_placeholder"
	numberKey      = "num"
)

// pending is a binary packet on its way.
type pending struct {
	packet  *sio.Packet
	awaited int
	buffers []types.BufferInterface
}

// reconstruct puts the attachments where their placeholders are.
func (p *pending) reconstruct(limits esjson.Limits) error {
	data, ok := p.packet.Data.([]any)
	if !ok {
		return fmt.Errorf("%w: %s with a payload it cannot carry", ErrPacket, p.packet.Type)
	}
	used := make([]bool, len(p.buffers))
	for i, v := range data {
		var err error
		if raw, ok := v.(Raw); ok {
			data[i], err = p.expand(raw, used, limits)
		} else {
			data[i], err = p.replace(v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// replace returns v with its placeholders replaced; slices and maps are changed
// in place.
func (p *pending) replace(v any) (any, error) {
	var err error
	switch v := v.(type) {
	case []any:
		for i := range v {
			if v[i], err = p.replace(v[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		if v[placeholderKey] == true {
			number, ok := v[numberKey].(float64)
			if !ok {
				return nil, errPlaceholder
			}
			return p.buffer(number)
		}
		for key := range v {
			if v[key], err = p.replace(v[key]); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

var (
	errPlaceholder = fmt.Errorf("%w: a placeholder without an attachment", ErrPacket)
	errTwice       = fmt.Errorf("%w: an attachment in two places", ErrPacket)
)

func (p *pending) buffer(number float64) (types.BufferInterface, error) {
	i := int(number)
	if number < 0 || number >= float64(len(p.buffers)) || float64(i) != number {
		return nil, errPlaceholder
	}
	return p.buffers[i], nil
}

// part is where a placeholder stands in a text.
type part struct {
	start, end int
	number     float64
}

// expand returns the argument with its placeholders replaced by Node's JSON form
// of a Buffer. One attachment cannot stand in two places: no encoder sends that,
// and it would let a small packet grow without bound here.
func (p *pending) expand(argument Raw, used []bool, limits esjson.Limits) (Raw, error) {
	parts, err := placeholders(esjson.NewScanner(argument, limits), nil)
	if err != nil || len(parts) == 0 {
		return argument, err
	}
	size := len(argument)
	for _, part := range parts {
		buffer, err := p.buffer(part.number)
		if err != nil {
			return nil, err
		}
		if used[int(part.number)] {
			return nil, errTwice
		}
		used[int(part.number)] = true
		size += 4 * buffer.Len()
	}
	out := make(Raw, 0, size)
	at := 0
	for _, part := range parts {
		out = append(out, argument[at:part.start]...)
		out = esjson.AppendBuffer(out, p.buffers[int(part.number)].Bytes())
		at = part.end
	}
	return append(out, argument[at:]...), nil
}

// placeholders appends to found where the next value of s has placeholders, in
// the order of the text.
func placeholders(s *esjson.Scanner, found []part) ([]part, error) {
	kind, err := s.Kind()
	if err != nil {
		return nil, payloadError(err)
	}
	switch kind {
	case esjson.KindArray:
		if err := s.Open(); err != nil {
			return nil, payloadError(err)
		}
		for first := true; ; first = false {
			more, err := s.Next(']', first)
			if err != nil || !more {
				return found, payloadError(err)
			}
			if found, err = placeholders(s, found); err != nil {
				return nil, err
			}
		}
	case esjson.KindObject:
		return objectPlaceholders(s, found)
	}
	_, err = s.Skip()
	return found, payloadError(err)
}

func objectPlaceholders(s *esjson.Scanner, found []part) ([]part, error) {
	outer := len(found)
	object := part{start: s.Offset(), number: -1}
	isPlaceholder := false
	if err := s.Open(); err != nil {
		return nil, payloadError(err)
	}
	for first := true; ; first = false {
		more, err := s.Next('}', first)
		if err != nil {
			return nil, payloadError(err)
		}
		if !more {
			break
		}
		key, err := s.Key()
		if err != nil {
			return nil, payloadError(err)
		}
		kind, err := s.Kind()
		if err != nil {
			return nil, payloadError(err)
		}
		switch {
		case key == numberKey && kind == esjson.KindNumber:
			value, err := s.Value()
			if err != nil {
				return nil, payloadError(err)
			}
			object.number, _ = value.(float64)
			continue
		case key == numberKey:
			object.number = -1
		case key == placeholderKey:
			isPlaceholder = kind == esjson.KindTrue
		}
		if found, err = placeholders(s, found); err != nil {
			return nil, err
		}
	}
	if isPlaceholder {
		object.end = s.Offset()
		found = append(found[:outer], object)
	}
	return found, nil
}
