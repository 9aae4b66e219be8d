package adapter

import (
	"time"

	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter/esjson"
	"nudge/adapter/notepack"
)

// rooms takes a list of rooms.
func (c *wireCursor) rooms() (list []socket.Room) {
	c.elements(func() { list = append(list, c.room()) })
	return list
}

// flags takes the flags of a broadcast, but for those that are for the node that sent them.
func (c *wireCursor) flags() (f socket.BroadcastFlags) {
	c.members(func(key string) {
		switch key {
		case "volatile":
			f.Volatile = c.bool()
		case "compress":
			f.Compress = c.bool()
		case "timeout":
			f.Timeout = c.timeout()
		default:
			c.skip()
		}
	})
	return f
}

// timeout takes whole milliseconds.
func (c *wireCursor) timeout() *time.Duration {
	ms := c.whole()
	c.odd = c.odd || ms < 0 || ms >= maxTimeoutMs
	if c.odd {
		return nil
	}
	timeout := time.Duration(ms) * time.Millisecond
	return &timeout
}

// bool takes true or false.
func (c *wireCursor) bool() bool {
	if c.packed {
		return c.token(notepack.Bool).Number == 1
	}
	kind, err := c.json.Kind()
	c.odd = c.odd || kind != esjson.KindTrue && kind != esjson.KindFalse
	if !c.check(err) {
		return false
	}
	_, err = c.json.Skip()
	c.check(err)
	return kind == esjson.KindTrue
}

// value takes whatever is next as a Go value, whose strings may be parts of the message.
func (c *wireCursor) value() (v any) {
	if c.odd {
		return nil
	}
	var err error
	if c.packed {
		v, err = c.pack.Value()
	} else {
		v, err = c.json.Value()
	}
	c.check(err)
	return v
}
