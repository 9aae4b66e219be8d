package esjson

import "encoding/json"

// Object is an object whose properties keep their order, as JavaScript's do.
type Object []Property

// Property is one property of an Object.
type Property struct {
	Key   string
	Value any
}

// Plain returns v with each Object in it, also within lists, as a map[string]any. Lists
// are changed in place.
func Plain(v any) any {
	switch v := v.(type) {
	case Object:
		out := make(map[string]any, len(v))
		for _, p := range v {
			out[p.Key] = Plain(p.Value)
		}
		return out
	case []any:
		for i := range v {
			v[i] = Plain(v[i])
		}
	}
	return v
}

// MarshalJSON writes the properties in their order.
func (o Object) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, p := range o {
		if i > 0 {
			out = append(out, ',')
		}
		value, err := json.Marshal(p.Value)
		if err != nil {
			return nil, err
		}
		out = append(append(AppendString(out, p.Key), ':'), value...)
	}
	return append(out, '}'), nil
}

// ObjectBuilder makes an Object of properties as JavaScript does: the last of several
// equal keys counts, in the place of the first. The zero value is ready to use.
type ObjectBuilder struct {
	object  Object
	places  map[string]int // by key, once there are more than a few
	removed int
}

// noValue stands for a property that was removed.
type noValue struct{}

// Set sets a property.
func (b *ObjectBuilder) Set(key string, value any) {
	if i := b.place(key); i >= 0 {
		b.object[i].Value = value
		return
	}
	b.object = append(b.object, Property{key, value})
	switch {
	case b.places != nil:
		b.places[key] = len(b.object) - 1
	case len(b.object) > fewKeys:
		b.places = make(map[string]int, 2*len(b.object))
		for i, p := range b.object {
			b.places[p.Key] = i
		}
	}
}

// Remove removes a property, if there is one.
func (b *ObjectBuilder) Remove(key string) {
	if i := b.place(key); i >= 0 {
		b.object[i].Value = noValue{}
		b.removed++
	}
}

// place is where a property is, -1 if it is nowhere.
func (b *ObjectBuilder) place(key string) int {
	if b.places != nil {
		if i, is := b.places[key]; is {
			return i
		}
		return -1
	}
	for i := range b.object {
		if b.object[i].Key == key {
			return i
		}
	}
	return -1
}

// Object is what was made. The builder is of no further use.
func (b *ObjectBuilder) Object() Object {
	if b.removed == 0 {
		if b.object == nil {
			return Object{}
		}
		return b.object
	}
	left := b.object[:0]
	for _, p := range b.object {
		if _, gone := p.Value.(noValue); !gone {
			left = append(left, p)
		}
	}
	return left
}
