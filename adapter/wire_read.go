package adapter

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter/esjson"
	"nudge/adapter/jsvalue"
	"nudge/adapter/notepack"
)

// Bounds of a message: how deep values may nest, and how many there may be.
const (
	wireDepth    = 512
	wireElements = 1 << 20
)

// errWire means that a message is none of the protocol.
var errWire = errors.New("malformed message")

func wireError(problem string) error { return fmt.Errorf("%w: %s", errWire, problem) }

// readWire reads one message: JSON where it begins with a brace, as Node has it, and
// msgpack else. The values are nil, bool, float64, string, []any, map[string]any, and
// of msgpack also time.Time and types.BufferInterface; undefined is nil, and absent
// from objects. Objects in the arguments of an event are esjson.Object: clients get
// them in the order that they were sent in.
func readWire(payload string) (any, error) {
	if isJSON(payload) {
		return readJSON(bytesOf(payload))
	}
	return readPacked(bytesOf(payload))
}

// isJSON tells JSON from msgpack.
func isJSON(message string) bool { return len(message) > 0 && message[0] == '{' }

// bytesOf are the bytes of a message, which nobody may change. What is read of them
// shares no memory with them.
func bytesOf(message string) []byte { return unsafe.Slice(unsafe.StringData(message), len(message)) }

func readJSON(text []byte) (any, error) {
	in := esjson.NewScanner(text, esjson.Limits{Depth: wireDepth})
	in.Objects = true
	v, err := in.Value()
	if err == nil {
		err = in.End()
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errWire, err)
	}
	return structured(v), nil
}

func readPacked(message []byte) (any, error) {
	in := notepack.NewReader(message, notepack.Limits{Depth: wireDepth, Elements: wireElements})
	in.Timestamps, in.Objects = true, true
	v, err := in.Value()
	if err == nil {
		err = in.End()
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errWire, err)
	}
	return structured(v), nil
}

// structured has objects be maps, but for those in the data of packets: the one in a
// list of a node, a packet and options, and the property "packet" of a message, or of the
// data of one. Of other things, such as the data of sockets, users get maps.
func structured(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			if o, is := v[i].(esjson.Object); is && i == 1 {
				v[i] = packetMap(o)
			} else {
				v[i] = esjson.Plain(v[i])
			}
		}
	case esjson.Object:
		return structuredMap(v, 1)
	}
	return v
}

// structuredMap is structured for an object that may have a packet, or so many levels of
// objects around it.
func structuredMap(o esjson.Object, levels int) map[string]any {
	out := make(map[string]any, len(o))
	for _, p := range o {
		inner, is := p.Value.(esjson.Object)
		switch {
		case is && p.Key == "packet":
			out[p.Key] = packetMap(inner)
		case is && p.Key == "data" && levels > 0:
			out[p.Key] = structuredMap(inner, levels-1)
		default:
			out[p.Key] = esjson.Plain(p.Value)
		}
	}
	return out
}

// packetMap is a packet, whose data is left as it is.
func packetMap(o esjson.Object) map[string]any {
	out := make(map[string]any, len(o))
	for _, p := range o {
		if p.Key == "data" {
			out[p.Key] = p.Value
		} else {
			out[p.Key] = esjson.Plain(p.Value)
		}
	}
	return out
}

// readPacket is readPacket for the clients of this server.
func (l *local) readPacket(v any) (*parser.Packet, error) {
	packet, err := readPacket(v)
	if err != nil {
		return nil, err
	}
	l.suit(packet)
	return packet, nil
}

// suit makes a packet that was read one for the clients of this server. An encoder that
// does not know of objects that keep their order, such as the library's own, is given maps.
func (l *local) suit(packet *parser.Packet) {
	if _, ordered := l.Nsp().Server().Encoder().(jsvalue.ObjectEncoder); !ordered {
		packet.Data = esjson.Plain(packet.Data)
	}
}

// readPacket reads the {type, data, nsp} of an event, whose arguments may hold
// binary data. nsp is "/" where there is none.
func readPacket(v any) (*parser.Packet, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, wireError("the packet is no object")
	}
	// A packet with binary data is one of the same type until it is encoded for a
	// client, but emitters have been seen to say what it will become.
	if m["type"] != 2.0 && m["type"] != 5.0 {
		return nil, wireError("the packet is no event")
	}
	data, err := readArguments(m["data"])
	if err != nil {
		return nil, err
	}
	p := &parser.Packet{Type: parser.EVENT, Data: data, Nsp: "/"}
	if nsp, is := m["nsp"]; is {
		if p.Nsp, ok = nsp.(string); !ok {
			return nil, wireError("the namespace is no string")
		}
	}
	return p, nil
}

// readArguments reads an event: a list that begins with its name.
func readArguments(v any) ([]any, error) {
	data, ok := v.([]any)
	if !ok || len(data) == 0 {
		return nil, wireError("the event is no list with a name")
	}
	switch name := data[0].(type) {
	case string:
	case float64:
		data[0] = esjson.NumberText(name)
	default:
		return nil, wireError("the event's name is no string")
	}
	return data, nil
}

// readRooms reads a list of rooms, which in Node may be numbers.
func readRooms(v any) ([]socket.Room, error) {
	if v == nil {
		return nil, nil
	}
	list, ok := v.([]any)
	if !ok {
		return nil, wireError("rooms are no list")
	}
	rooms := make([]socket.Room, len(list))
	for i, room := range list {
		switch room := room.(type) {
		case string:
			rooms[i] = socket.Room(room)
		case float64:
			rooms[i] = socket.Room(esjson.NumberText(room))
		default:
			return nil, wireError("a room is neither string nor number")
		}
	}
	return rooms, nil
}

// packet writes the {type, data, nsp} of an event; nsp is left out where it is "".
func (w *wireWriter) packet(p *parser.Packet, nsp string) *wireWriter {
	if nsp == "" {
		return w.object(2).key("type").number(2).key("data").event(p.Data).end()
	}
	return w.object(3).key("type").number(2).key("data").event(p.Data).key("nsp").string(nsp).end()
}

func (w *wireWriter) event(data any) *wireWriter {
	if list, ok := data.([]any); ok {
		return w.values(list)
	}
	return w.value(data)
}
