package adapter_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"
)

// rooms is a set of rooms.
func rooms(names ...socket.Room) *types.Set[socket.Room] { return types.NewSet(names...) }

// crowd is four sockets: a and b in "x", b and c in "y", d in none; d's
// connection takes no frames.
type crowd struct {
	*localServer
	names []string
	ids   map[string]socket.SocketId
	conns map[string]interface {
		sent() []string
		forget()
		receive(string)
	}
}

func newCrowd(t *testing.T) *crowd {
	t.Helper()
	c := &crowd{localServer: newLocalServer(t), names: []string{"a", "b", "c", "d"}, ids: map[string]socket.SocketId{}}
	c.conns = map[string]interface {
		sent() []string
		forget()
		receive(string)
	}{}
	for _, name := range c.names {
		var client *socket.Socket
		if name == "d" {
			client, c.conns[name] = c.connectPlain(t)
		} else {
			client, c.conns[name] = c.connect(t)
		}
		c.conns[name].forget()
		c.ids[name] = client.Id()
		switch name {
		case "a":
			client.Join("x")
		case "b":
			client.Join("x", "y")
		case "c":
			client.Join("y")
		}
	}
	return c
}

func (c *crowd) own(name string) socket.Room { return socket.Room(c.ids[name]) }

// list names ids, in order.
func (c *crowd) list(ids ...socket.SocketId) string {
	var names []string
	for _, name := range c.names {
		if slices.Contains(ids, c.ids[name]) {
			names = append(names, name)
		}
	}
	return strings.Join(names, "")
}

func TestLocalMatching(t *testing.T) {
	c := newCrowd(t)
	for _, test := range []struct {
		what          string
		rooms, except *types.Set[socket.Room]
		want          string
	}{
		{"all", nil, nil, "abcd"},
		{"all, with empty sets", rooms(), rooms(), "abcd"},
		{"a room", rooms("x"), nil, "ab"},
		{"two rooms, each socket once", rooms("x", "y"), nil, "abc"},
		{"an own room", rooms(c.own("d")), nil, "d"},
		{"own rooms and a room", rooms(c.own("d"), c.own("a"), "x"), nil, "abd"},
		{"no such room", rooms("nowhere"), nil, ""},
		{"a room and none", rooms("nowhere", "y"), nil, "bc"},
		{"all but a room", nil, rooms("x"), "cd"},
		{"all but two rooms", nil, rooms("x", "y"), "d"},
		{"all but one socket", nil, rooms(c.own("b")), "acd"},
		{"a room but one socket", rooms("x"), rooms(c.own("b")), "a"},
		{"a room but another", rooms("x"), rooms("y"), "a"},
		{"a room but itself", rooms("x"), rooms("x"), ""},
		{"all but no such room", nil, rooms("nowhere"), "abcd"},
	} {
		t.Run(test.what, func(t *testing.T) {
			opts := &socket.BroadcastOptions{Rooms: test.rooms, Except: test.except}
			c.adapter().Broadcast(&parser.Packet{Type: parser.EVENT, Data: []any{"hello", 1}}, opts)
			var got string
			for _, name := range c.names {
				sent := c.conns[name].sent()
				c.conns[name].forget()
				switch {
				case len(sent) == 1 && sent[0] == `2["hello",1]`:
					got += name
				case len(sent) != 0:
					t.Errorf("%s got %q", name, sent)
				}
			}
			if got != test.want {
				t.Errorf("it reached %q, want %q", got, test.want)
			}

			var fetched []socket.SocketId
			c.adapter().FetchSockets(opts)(func(details []socket.SocketDetails, err error) {
				if err != nil {
					t.Error(err)
				}
				for _, d := range details {
					fetched = append(fetched, d.Id())
				}
			})
			if got := c.list(fetched...); got != test.want || len(fetched) != len(test.want) {
				t.Errorf("%d sockets fetched, %q, want %q", len(fetched), got, test.want)
			}
			if test.except == nil {
				if got := c.list(c.adapter().Sockets(test.rooms).Keys()...); got != test.want {
					t.Errorf("Sockets are %q, want %q", got, test.want)
				}
			}
		})
	}
	if got := c.list(c.adapter().Sockets(nil).Keys()...); got != "abcd" {
		t.Errorf("all sockets are %q", got)
	}
	c.adapter().Broadcast(&parser.Packet{Type: parser.EVENT, Data: []any{"hello"}}, nil)
	for _, name := range c.names {
		if sent := c.conns[name].sent(); !slices.Equal(sent, []string{`2["hello"]`}) {
			t.Errorf("without options, %s got %q", name, sent)
		}
	}
}

func TestLocalManagesSockets(t *testing.T) {
	c := newCrowd(t)
	in := func(room socket.Room) *socket.BroadcastOptions { return &socket.BroadcastOptions{Rooms: rooms(room)} }
	members := func(room socket.Room) string { return c.list(c.adapter().Sockets(rooms(room)).Keys()...) }

	c.adapter().AddSockets(in("x"), []socket.Room{"new", "y"})
	if members("new") != "ab" || members("y") != "abc" {
		t.Errorf(`after joining: "new" is %q, "y" %q`, members("new"), members("y"))
	}
	c.adapter().DelSockets(in("x"), []socket.Room{"x", "y"})
	if members("x") != "" || members("y") != "c" || members("new") != "ab" {
		t.Errorf(`after leaving: "x" is %q, "y" %q, "new" %q`, members("x"), members("y"), members("new"))
	}
	c.adapter().DisconnectSockets(in("y"), false)
	if got := c.list(c.adapter().Sockets(nil).Keys()...); got != "abd" {
		t.Errorf("after c was disconnected there are %q", got)
	}
	if sent := c.conns["c"].sent(); !slices.Equal(sent, []string{"1"}) {
		t.Errorf("c got %q", sent)
	}
	c.adapter().DisconnectSockets(&socket.BroadcastOptions{Except: rooms("new")}, true)
	if got := c.list(c.adapter().Sockets(nil).Keys()...); got != "ab" {
		t.Errorf("after d was disconnected there are %q", got)
	}
}

func TestLocalBroadcastsBinary(t *testing.T) {
	c := newCrowd(t)
	_ = c.To("x").Emit("file", types.NewBytesBuffer([]byte{1, 2}), "name", types.NewBytesBuffer(nil))
	_ = c.To(c.own("d")).Emit("file", types.NewBytesBuffer([]byte{3}))
	// An attachment is a placeholder, whose keys come in either order, and a message.
	for name, want := range map[string][]string{"a": {"b\x01\x02", "b"}, "b": {"b\x01\x02", "b"}, "c": nil, "d": {"b\x03"}} {
		sent := c.conns[name].sent()
		if want == nil {
			if len(sent) != 0 {
				t.Errorf("%s got %q", name, sent)
			}
			continue
		}
		if len(sent) != 1+len(want) || !strings.HasPrefix(sent[0], "5") || !strings.Contains(sent[0], `-["file",{`) {
			t.Errorf("%s got %q", name, sent)
			continue
		}
		if !slices.Equal(sent[1:], want) {
			t.Errorf("%s got the attachments %q, want %q", name, sent[1:], want)
		}
	}
}

// The library's own engine loses what is queued behind a message that comes
// with a pre-encoded frame.
func TestLocalUsesAnyEngine(t *testing.T) {
	s := newLocalServer(t)
	_, conn := s.connectPlain(t)
	conn.forget()
	for range 3 {
		_ = s.Sockets().Emit("hello")
	}
	s.adapter().BroadcastWithAck(&parser.Packet{Type: parser.EVENT, Data: []any{"ask"}}, nil, func(uint64) {}, func([]any, error) {})
	if got := conn.sent(); len(got) != 4 || got[0] != `2["hello"]` || !strings.HasSuffix(got[3], `["ask"]`) {
		t.Errorf("it got %q", got)
	}
	if n := conn.Prepared(); n != 0 {
		t.Errorf("%d messages came with a frame", n)
	}
}

func TestLocalVolatile(t *testing.T) {
	s := newLocalServer(t)
	_, framed := s.connect(t)
	_, plain := s.connectPlain(t)
	plain.forget()
	_ = s.Sockets().Emit("kept")
	if framed.volatile != 0 {
		t.Error("a packet that is not volatile may be dropped")
	}
	plain.Transport().SetWritable(false)
	_ = s.Volatile().Emit("dropped")
	_ = s.Sockets().Emit("kept too")
	if framed.volatile != 1 {
		t.Errorf("%d calls are volatile, want 1", framed.volatile)
	}
	if got, want := plain.sent(), []string{`2["kept"]`, `2["kept too"]`}; !slices.Equal(got, want) {
		t.Errorf("it got %q, want %q", got, want)
	}
}

func TestLocalTellsOutgoingListeners(t *testing.T) {
	s := newLocalServer(t)
	a, _ := s.connect(t)
	_, _ = s.connect(t)
	var heard [][]any
	a.OnAnyOutgoing(func(args ...any) { heard = append(heard, args) })
	_ = s.Sockets().Emit("hello", 1)
	if len(heard) != 1 || len(heard[0]) != 2 || heard[0][0] != "hello" || heard[0][1] != 1 {
		t.Errorf("heard %v", heard)
	}
}

// Namespaces have rooms of their own.
func TestLocalNamespaces(t *testing.T) {
	s := newLocalServer(t)
	root, conn := s.connect(t)
	root.Join("x")
	other := make(chan *socket.Socket, 1)
	if err := s.Of("/other", nil).On("connection", func(args ...any) { other <- args[0].(*socket.Socket) }); err != nil {
		t.Fatal(err)
	}
	conn.receive("0/other,")
	(<-other).Join("x")
	conn.forget()
	_ = s.Of("/other", nil).To("x").Emit("hello")
	if got := conn.sent(); !slices.Equal(got, []string{`2/other,["hello"]`}) {
		t.Errorf("got %q", got)
	}
}
