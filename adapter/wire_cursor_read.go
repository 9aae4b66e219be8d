package adapter

import (
	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter/esjson"
	"nudge/adapter/notepack"
)

// readPacket takes what the function readPacket reads, with the objects in its data in
// their order.
func (c *wireCursor) readPacket() *parser.Packet {
	p := &parser.Packet{Type: parser.EVENT, Nsp: "/"}
	var data any
	typed := false
	c.members(func(key string) {
		switch key {
		case "type":
			typed = true
			if kind := c.whole(); kind != 2 && kind != 5 {
				c.odd = true
			}
		case "data":
			data = c.value()
		case "nsp":
			p.Nsp = c.text()
		default:
			c.skip()
		}
	})
	args, err := readArguments(data)
	p.Data = args
	c.odd = c.odd || !typed || err != nil
	return p
}

// options takes what readOptions reads, but for the flags that are for the node that
// sent them.
func (c *wireCursor) options() (o wireOptions) {
	c.members(func(key string) {
		switch key {
		case "rooms":
			o.rooms = c.rooms()
		case "except":
			o.except = c.rooms()
		case "flags":
			o.flags = c.flags()
		default:
			c.skip()
		}
	})
	return o
}

func (c *wireCursor) rooms() (list []socket.Room) {
	c.elements(func() { list = append(list, c.room()) })
	return list
}

func (c *wireCursor) flags() (f socket.BroadcastFlags) {
	c.members(func(key string) {
		switch key {
		case "volatile":
			f.Volatile = c.bool()
		case "compress":
			f.Compress = c.bool()
		default:
			c.skip()
		}
	})
	return f
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

// value takes whatever is next as a Go value, which shares no memory with the message.
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
