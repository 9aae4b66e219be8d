package adapter_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io/v2/socket"
)

// roomLog notes the adapter's own events as they come.
type roomLog struct {
	mu    sync.Mutex
	names map[socket.SocketId]string // what a test calls its sockets
	list  []string
}

func (l *roomLog) follow(t *testing.T, a socket.Adapter) {
	t.Helper()
	for _, name := range []string{"create-room", "join-room", "leave-room", "delete-room"} {
		err := a.On(types.EventName(name), func(args ...any) {
			l.mu.Lock()
			defer l.mu.Unlock()
			entry := name + " " + l.name(string(args[0].(socket.Room)))
			if len(args) > 1 {
				entry += " " + l.name(string(args[1].(socket.SocketId)))
			}
			l.list = append(l.list, entry)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (l *roomLog) name(s string) string {
	if name, ok := l.names[socket.SocketId(s)]; ok {
		return name
	}
	return s
}

// take returns the events since the last call.
func (l *roomLog) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := l.list
	l.list = nil
	return strings.Join(list, ", ")
}

// TestLocalRooms walks two sockets, A and B, through joins and leaves. The
// events are those of socket.io-adapter 2.5.
func TestLocalRooms(t *testing.T) {
	s := newLocalServer(t)
	a, _ := s.connect(t)
	b, _ := s.connect(t)
	log := &roomLog{names: map[socket.SocketId]string{a.Id(): "A", b.Id(): "B"}}
	log.follow(t, s.adapter())
	of := func(c *socket.Socket) socket.Room { return socket.Room(c.Id()) }
	one := func(c *socket.Socket, room socket.Room) func() { return func() { c.Join(room) } }
	out := func(c *socket.Socket, room socket.Room) func() { return func() { c.Leave(room) } }
	for _, step := range []struct {
		what   string
		do     func()
		events string
		rooms  string // every room and its members
	}{
		{"connected", func() {}, "", "A:A B:B"},
		{"first of a room", one(a, "x"), "create-room x, join-room x A", "A:A B:B x:A"},
		{"again", one(a, "x"), "", "A:A B:B x:A"},
		{"second of a room", one(b, "x"), "join-room x B", "A:A B:B x:A,B"},
		{"first leaves", out(a, "x"), "leave-room x A", "A:A B:B x:B"},
		{"leaves again", out(a, "x"), "", "A:A B:B x:B"},
		{"last leaves", out(b, "x"), "leave-room x B, delete-room x", "A:A B:B"},
		{"leaves no room", out(b, "nowhere"), "", "A:A B:B"},
		{"its own room again", one(a, of(a)), "", "A:A B:B"},
		{"another's own room", one(b, of(a)), "join-room A B", "A:A,B B:B"},
		{"owner leaves", out(a, of(a)), "leave-room A A", "A:B B:B"},
		{"owner returns", one(a, of(a)), "join-room A A", "A:A,B B:B"},
		{"guest leaves", out(b, of(a)), "leave-room A B", "A:A B:B"},
		{"owner leaves alone", out(a, of(a)), "leave-room A A, delete-room A", "B:B"},
		{"guest before owner", one(b, of(a)), "create-room A, join-room A B", "A:B B:B"},
		{"owner after guest", one(a, of(a)), "join-room A A", "A:A,B B:B"},
		{"guest of a stranger's", one(a, "stranger"), "create-room stranger, join-room stranger A", "A:A,B B:B stranger:A"},
		{"owner is gone", func() { s.adapter().DelAll(a.Id()) },
			"leave-room A A, leave-room stranger A, delete-room stranger", "A:B B:B"},
		{"and again", func() { s.adapter().DelAll(a.Id()) }, "", "A:B B:B"},
		{"guest stays on, and leaves", out(b, of(a)), "leave-room A B, delete-room A", "B:B"},
		{"an unknown socket", func() { s.adapter().Del("unknown", "x") }, "", "B:B"},
		{"an unknown socket's all", func() { s.adapter().DelAll("unknown") }, "", "B:B"},
		{"disconnects", func() { b.Disconnect(false) }, "leave-room B B, delete-room B", ""},
		{"joins afterwards", one(b, "x"), "", ""},
	} {
		step.do()
		if got := log.take(); got != step.events {
			t.Errorf("%s: the events are %q, want %q", step.what, got, step.events)
		}
		if got := describeRooms(s.adapter(), log); got != step.rooms {
			t.Errorf("%s: the rooms are %q, want %q", step.what, got, step.rooms)
		}
	}
}

// describeRooms lists all rooms, having compared the views the adapter gives.
func describeRooms(a socket.Adapter, log *roomLog) string {
	var all []string
	pairs := 0
	a.Rooms().Range(func(room socket.Room, ids *types.Set[socket.SocketId]) bool {
		var members []string
		for _, id := range ids.Keys() {
			members = append(members, log.name(string(id)))
			pairs++
			if rooms := a.SocketRooms(id); rooms == nil || !rooms.Has(room) {
				all = append(all, fmt.Sprintf("SocketRooms(%s) lacks %s", id, room))
			}
		}
		slices.Sort(members)
		all = append(all, log.name(string(room))+":"+strings.Join(members, ","))
		return true
	})
	a.Sids().Range(func(_ socket.SocketId, rooms *types.Set[socket.Room]) bool {
		pairs -= rooms.Len()
		return true
	})
	if pairs != 0 {
		all = append(all, fmt.Sprintf("Sids has %d memberships less than Rooms", pairs))
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

func TestLocalJoinsSeveralRoomsAtOnce(t *testing.T) {
	s := newLocalServer(t)
	a, _ := s.connect(t)
	log := &roomLog{}
	log.follow(t, s.adapter())
	a.Join("x", "y")
	got := log.take()
	x, y := "create-room x, join-room x ", "create-room y, join-room y "
	id := string(a.Id())
	if got != x+id+", "+y+id && got != y+id+", "+x+id {
		t.Errorf("the events are %q", got)
	}
	if rooms := s.adapter().SocketRooms(a.Id()); rooms.Len() != 3 || !rooms.Has("x") || !rooms.Has("y") {
		t.Errorf("it is in %v", rooms.Keys())
	}
}

// A socket may join rooms in middleware, before it is connected: it is counted
// in, and gets nothing yet.
func TestLocalJoinBeforeConnect(t *testing.T) {
	s := newLocalServer(t)
	log := &roomLog{}
	log.follow(t, s.adapter())
	s.Use(func(client *socket.Socket, next func(*socket.ExtendedError)) {
		client.Join("early")
		if s.adapter().Sockets(types.NewSet[socket.Room]("early")).Has(client.Id()) {
			t.Error("it matches before it is connected")
		}
		_ = s.To(socket.Room(client.Id()), "early").Emit("too early")
		if client.Handshake().Auth != nil {
			next(socket.NewExtendedError("refused", nil))
			return
		}
		next(nil)
	})
	a, conn := s.connect(t)
	id := string(a.Id())
	want := "create-room early, join-room early " + id + ", create-room " + id + ", join-room " + id + " " + id
	if got := log.take(); got != want {
		t.Errorf("the events are %q, want %q", got, want)
	}
	_ = s.To("early").Emit("hello") // the first to reach it
	if got, want := conn.sent(), []string{`0{"sid":"` + id + `"}`, `2["hello"]`}; !slices.Equal(got, want) {
		t.Errorf("it got %q, want %q", got, want)
	}

	refused := newPlainConn()
	s.engine.Emit("connection", refused)
	refused.receive(`0{"token":"bad"}`)
	eventually(t, "refusal", func() bool { return len(refused.sent()) == 1 })
	if got := refused.sent()[0]; !strings.HasPrefix(got, "4{") {
		t.Errorf("it got %q", got)
	}
	if n := s.adapter().Sids().Len(); n != 1 {
		t.Errorf("%d sockets are known after one was refused", n)
	}
	refused.Emit("close", "transport close")
}

func TestLocalForgetsSocketsThatAreGone(t *testing.T) {
	s := newLocalServer(t)
	a, conn := s.connect(t)
	a.Join("x", "y")
	conn.Emit("close", "transport close")
	if n := s.adapter().Sids().Len(); n != 0 {
		t.Errorf("%d sockets are left", n)
	}
	if n := s.adapter().Rooms().Len(); n != 0 {
		t.Errorf("%d rooms are left", n)
	}
	if rooms := s.adapter().SocketRooms(a.Id()); rooms != nil {
		t.Errorf("it is still in %v", rooms.Keys())
	}
	conn.forget()
	_ = s.Sockets().Emit("hello")
	if got := conn.sent(); len(got) != 0 {
		t.Errorf("it got %q", got)
	}
}

// TestEventsOutliveAPanic: a listener that panics costs no other event.
func TestEventsOutliveAPanic(t *testing.T) {
	s := newLocalServer(t)
	client, _ := s.connect(t)
	rooms := []socket.Room{"a", "b", "c"}
	client.Join(rooms...)
	panics := true
	_ = s.adapter().On("leave-room", func(...any) {
		if panics {
			panics = false
			panic("a listener's")
		}
	})
	ended := map[any]int{}
	_ = s.adapter().On("delete-room", func(args ...any) { ended[args[0]]++ })
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is kept from who has joined")
			}
		}()
		s.adapter().DelAll(client.Id())
	}()
	s.adapter().AddAll("another", types.NewSet(socket.Room("d")))
	for _, room := range append(rooms, socket.Room(client.Id())) {
		if ended[room] != 1 {
			t.Errorf("the end of %s was told %d times", room, ended[room])
		}
	}
}
