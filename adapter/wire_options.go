package adapter

import (
	"slices"
	"strconv"
	"time"

	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io/v2/socket"
)

// wireOptions are the options of a broadcast or a request, as they are on the wire.
type wireOptions struct {
	rooms, except []socket.Room // sorted
	flags         socket.BroadcastFlags
}

func wireOptionsOf(opts *socket.BroadcastOptions) wireOptions {
	var o wireOptions
	if opts == nil {
		return o
	}
	o.rooms, o.except = sortedRooms(opts.Rooms), sortedRooms(opts.Except)
	if opts.Flags != nil {
		o.flags = *opts.Flags
	}
	return o
}

func sortedRooms(set *types.Set[socket.Room]) []socket.Room {
	if set == nil || set.Len() == 0 {
		return nil
	}
	rooms := set.Keys()
	slices.Sort(rooms)
	return rooms
}

// options are o as the library has them, without the flags that were for the node
// that sent them alone.
func (o wireOptions) options() *socket.BroadcastOptions {
	flags := &socket.BroadcastFlags{WriteOptions: o.writeOptions(), Timeout: o.flags.Timeout}
	return &socket.BroadcastOptions{Rooms: types.NewSet(o.rooms...), Except: types.NewSet(o.except...), Flags: flags}
}

// writeOptions are those that say how a broadcast is written.
func (o wireOptions) writeOptions() (options socket.WriteOptions) {
	options.Volatile, options.Compress = o.flags.Volatile, o.flags.Compress
	return options
}

// timeoutOr is how long answers are waited for, which is as usual where the options say
// nothing.
func (o wireOptions) timeoutOr(usual time.Duration) time.Duration {
	if o.flags.Timeout != nil && *o.flags.Timeout > 0 {
		return *o.flags.Timeout
	}
	return usual
}

// isLocal reports whether what is done with opts stays on this node.
func isLocal(opts *socket.BroadcastOptions) bool {
	return opts != nil && opts.Flags != nil && opts.Flags.Local
}

// roomList writes rooms. JavaScript tells the room 7 from the room "7", Go has one
// room of that name: it reaches both.
func (w *wireWriter) roomList(rooms []socket.Room) *wireWriter {
	n := len(rooms)
	for _, room := range rooms {
		if _, numeric := roomNumber(room); numeric {
			n++
		}
	}
	w.array(n)
	for _, room := range rooms {
		w.string(string(room))
		if number, numeric := roomNumber(room); numeric {
			w.number(number)
		}
	}
	return w.end()
}

// roomNumber is the whole number whose text in JavaScript is the room's name.
func roomNumber(room socket.Room) (int64, bool) {
	n, err := strconv.ParseInt(string(room), 10, 64)
	const exact = 1 << 53
	if err != nil || n > exact || n < -exact || strconv.FormatInt(n, 10) != string(room) {
		return 0, false
	}
	return n, true
}

// flagList writes the flags that are set, and no others: to Node one that is false is
// not one that is absent.
func (w *wireWriter) flagList(f socket.BroadcastFlags) *wireWriter {
	set := make([]string, 0, 4)
	for _, flag := range []struct {
		name string
		set  bool
	}{
		{"expectSingleResponse", f.ExpectSingleResponse},
		{"volatile", f.Volatile},
		{"compress", f.Compress},
	} {
		if flag.set {
			set = append(set, flag.name)
		}
	}
	n := len(set)
	if f.Timeout != nil {
		n++
	}
	w.object(n)
	for _, name := range set {
		w.key(name).bool(true)
	}
	if f.Timeout != nil {
		w.key("timeout").number(f.Timeout.Milliseconds())
	}
	return w.end()
}

// broadcastOptions writes {rooms, except, flags}.
func (w *wireWriter) broadcastOptions(o wireOptions) *wireWriter {
	return w.object(3).
		key("rooms").roomList(o.rooms).
		key("except").roomList(o.except).
		key("flags").flagList(o.flags).end()
}

// emitterOptions writes the same in an emitter's order.
func (w *wireWriter) emitterOptions(o wireOptions) *wireWriter {
	return w.object(3).
		key("rooms").roomList(o.rooms).
		key("flags").flagList(o.flags).
		key("except").roomList(o.except).end()
}

// requestOptions writes {rooms, except}.
func (w *wireWriter) requestOptions(o wireOptions) *wireWriter {
	return w.object(2).
		key("rooms").roomList(o.rooms).
		key("except").roomList(o.except).end()
}

// readOptions reads what either of them wrote. What is not there is empty.
func readOptions(v any) (o wireOptions, err error) {
	if v == nil {
		return o, nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		return o, wireError("opts is no object")
	}
	if o.rooms, err = readRooms(m["rooms"]); err != nil {
		return o, err
	}
	if o.except, err = readRooms(m["except"]); err != nil {
		return o, err
	}
	flags, ok := m["flags"].(map[string]any)
	if !ok && m["flags"] != nil {
		return o, wireError("opts.flags is no object")
	}
	o.flags.Volatile = flags["volatile"] == true
	o.flags.Compress = flags["compress"] == true
	o.flags.Local = flags["local"] == true
	o.flags.ExpectSingleResponse = flags["expectSingleResponse"] == true
	if ms, ok := flags["timeout"].(float64); ok && ms >= 0 && ms < maxTimeoutMs {
		timeout := time.Duration(ms * float64(time.Millisecond))
		o.flags.Timeout = &timeout
	}
	return o, nil
}

// maxTimeoutMs is what setTimeout takes in Node.
const maxTimeoutMs = 1 << 31
