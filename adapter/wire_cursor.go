package adapter

import (
	"strconv"
	"unicode/utf8"
	"unsafe"

	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter/esjson"
	"nudge/adapter/notepack"
)

// wireCursor walks a message from part to part and makes nothing of what it passes, so
// that what nobody here is to get costs no memory. It knows the usual forms alone: anything else,
// and anything that is not what its caller expects, makes it odd, and then what it has
// returned says nothing. An odd message is to be read in full.
type wireCursor struct {
	odd    bool
	packed bool
	json   esjson.Scanner
	pack   notepack.Reader
}

// cursorAt stands at the start of a message, JSON or msgpack.
func cursorAt(message string, packed bool) wireCursor {
	c := wireCursor{packed: packed}
	if packed {
		c.pack = *notepack.NewReader(bytesOf(message), notepack.Limits{Depth: wireDepth, Elements: wireElements})
		c.pack.Timestamps, c.pack.Objects, c.pack.Shared = true, true, true
	} else {
		c.json = *esjson.NewScanner(bytesOf(message), esjson.Limits{Depth: wireDepth})
		c.json.Objects, c.json.Shared = true, true
	}
	return c
}

// check makes the cursor odd where err is one, and reports whether it is.
func (c *wireCursor) check(err error) (ok bool) {
	c.odd = c.odd || err != nil
	return !c.odd
}

// kind reports whether the next value of a JSON text is of a kind.
func (c *wireCursor) kind(want byte) bool {
	kind, err := c.json.Kind()
	c.odd = c.odd || kind != want
	return c.check(err)
}

// token takes the next value of msgpack, which is of a kind.
func (c *wireCursor) token(want notepack.Kind) notepack.Token {
	t, err := c.pack.Next()
	c.odd = c.odd || t.Kind != want
	c.check(err)
	return t
}

// members calls f with each key of an object. f takes the value.
func (c *wireCursor) members(f func(key string)) {
	if c.packed {
		head := c.token(notepack.Map)
		for i := 0; i < head.Len && !c.odd; i++ {
			if key := c.text(); !c.odd {
				f(key)
			}
		}
		c.pack.Leave()
		return
	}
	c.each(esjson.KindObject, '}', func() {
		if key := c.plain(c.json.PlainKey()); !c.odd {
			f(key)
		}
	})
}

// elements calls f for each element of a list. f takes the element.
func (c *wireCursor) elements(f func()) {
	if c.packed {
		head := c.token(notepack.Array)
		for i := 0; i < head.Len && !c.odd; i++ {
			f()
		}
		c.pack.Leave()
		return
	}
	c.each(esjson.KindArray, ']', f)
}

// each calls f for each part of a JSON object or array.
func (c *wireCursor) each(kind, end byte, f func()) {
	if !c.kind(kind) || !c.check(c.json.Open()) {
		return
	}
	for first := true; !c.odd; first = false {
		more, err := c.json.Next(end, first)
		if !c.check(err) || !more {
			return
		}
		f()
	}
}

// text takes a string.
func (c *wireCursor) text() string {
	if c.packed {
		part := c.token(notepack.String).Bytes
		return c.plain(part, utf8.Valid(part), nil)
	}
	if !c.kind(esjson.KindString) {
		return ""
	}
	return c.plain(c.json.Plain())
}

// plain is a string that stands for itself, as a part of the message.
func (c *wireCursor) plain(part []byte, is bool, err error) string {
	if c.odd = c.odd || err != nil || !is; c.odd {
		return ""
	}
	return unsafe.String(unsafe.SliceData(part), len(part))
}

// whole takes a whole number.
func (c *wireCursor) whole() int {
	if c.packed {
		n, ok := c.token(notepack.Number).Whole(1 << 32)
		c.odd = c.odd || !ok
		return int(n)
	}
	if !c.kind(esjson.KindNumber) {
		return 0
	}
	token, err := c.json.Skip()
	if !c.check(err) {
		return 0
	}
	n, err := strconv.Atoi(unsafe.String(unsafe.SliceData(token), len(token)))
	c.check(err)
	return n
}

// room takes the name of a room, which in Node may be a number.
func (c *wireCursor) room() socket.Room {
	if c.packed {
		t, err := c.pack.Next()
		if !c.check(err) {
			return ""
		}
		switch t.Kind {
		case notepack.String:
			return socket.Room(c.plain(t.Bytes, utf8.Valid(t.Bytes), nil))
		case notepack.Number:
			return socket.Room(esjson.NumberText(t.Number))
		}
		c.odd = true
		return ""
	}
	if kind, _ := c.json.Kind(); kind == esjson.KindNumber {
		room := socket.Room(strconv.Itoa(c.whole()))
		_, same := roomNumber(room)
		c.odd = c.odd || !same
		return room
	}
	return socket.Room(c.text())
}

// skip takes whatever is next.
func (c *wireCursor) skip() {
	if c.packed {
		c.check(c.pack.Skip())
		return
	}
	_, err := c.json.Skip()
	c.check(err)
}

// end reports whether all was taken, and nothing of it was odd.
func (c *wireCursor) end() bool {
	if c.odd {
		return false
	}
	if c.packed {
		return c.check(c.pack.End())
	}
	return c.check(c.json.End())
}
