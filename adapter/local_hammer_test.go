package adapter_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"
)

// TestLocalLosesNoMembership has many goroutines join and leave the same few
// rooms, so that rooms end and begin anew all the time, among broadcasts and
// questions: in the end each socket is where its own calls have put it.
func TestLocalLosesNoMembership(t *testing.T) {
	const (
		workers = 16
		rounds  = 1200
		shared  = 4
	)
	s := newLocalServer(t)
	a := s.adapter()
	var wg sync.WaitGroup
	for w := range workers {
		id := socket.SocketId(fmt.Sprintf("socket %d", w))
		a.AddAll(id, rooms(socket.Room(id)))
		wg.Go(func() {
			for i := range rounds {
				room := socket.Room(fmt.Sprintf("room %d", (i+w)%shared))
				a.AddAll(id, rooms(room, "all"))
				if !a.SocketRooms(id).Has(room) || i%4 == 0 && !has(a, room, id) {
					t.Errorf("%s is not in %s, which it joined", id, room)
				}
				a.Del(id, room)
				if i%8 == 0 {
					a.DelAll(id)
					a.AddAll(id, rooms(socket.Room(id)))
				}
			}
			a.AddAll(id, rooms("all", "last", socket.Room(fmt.Sprintf("room %d", w%shared))))
		})
	}
	wg.Wait()
	all := a.Rooms()
	for room, want := range map[socket.Room]int{"all": workers, "last": workers, "room 0": workers / shared} {
		ids, _ := all.Load(room)
		if ids == nil || ids.Len() != want {
			t.Errorf("%q has %v, want %d sockets", room, ids, want)
		}
	}
	if n := all.Len(); n != workers+shared+2 {
		t.Errorf("there are %d rooms, want %d", n, workers+shared+2)
	}
	for w := range workers {
		a.DelAll(socket.SocketId(fmt.Sprintf("socket %d", w)))
	}
	if a.Rooms().Len() != 0 || a.Sids().Len() != 0 {
		t.Errorf("%d rooms and %d sockets are left", a.Rooms().Len(), a.Sids().Len())
	}
}

func has(a socket.Adapter, room socket.Room, id socket.SocketId) bool {
	ids, ok := a.Rooms().Load(room)
	return ok && ids.Has(id)
}

// TestLocalEventsTellTheTruth replays the adapter's events, which many cause at
// a time, as one does who keeps a subscription for each room.
func TestLocalEventsTellTheTruth(t *testing.T) {
	const workers, rounds = 8, 1000
	s := newLocalServer(t)
	a := s.adapter()
	var inside atomic.Int32
	var mu sync.Mutex
	known := map[socket.Room]map[socket.SocketId]bool{} // by the events alone
	on := func(name string, f func(room socket.Room, id socket.SocketId) bool) {
		err := a.On(types.EventName(name), func(args ...any) {
			if inside.Add(1) != 1 {
				t.Error("two events at a time")
			}
			defer inside.Add(-1)
			room, id := args[0].(socket.Room), socket.SocketId("")
			if len(args) > 1 {
				id = args[1].(socket.SocketId)
			}
			mu.Lock()
			defer mu.Unlock()
			if !f(room, id) {
				t.Errorf("%s %s %s comes where it cannot have happened", name, room, id)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	on("create-room", func(room socket.Room, _ socket.SocketId) bool {
		was := known[room]
		known[room] = map[socket.SocketId]bool{}
		return was == nil
	})
	on("join-room", func(room socket.Room, id socket.SocketId) bool {
		if known[room] == nil || known[room][id] {
			return false
		}
		known[room][id] = true
		return true
	})
	on("leave-room", func(room socket.Room, id socket.SocketId) bool {
		was := known[room][id]
		delete(known[room], id)
		return was
	})
	on("delete-room", func(room socket.Room, _ socket.SocketId) bool {
		was := known[room]
		delete(known, room)
		return was != nil && len(was) == 0
	})
	var wg sync.WaitGroup
	for w := range workers {
		id := socket.SocketId(fmt.Sprint(w))
		guest := socket.Room(fmt.Sprint((w + 1) % workers)) // another's own
		wg.Go(func() {
			for range rounds {
				a.AddAll(id, rooms("x", socket.Room(id), guest))
				a.Del(id, "x")
				a.DelAll(id)
			}
		})
	}
	wg.Wait()
	if len(known) != 0 {
		t.Errorf("by the events, %v are left", known)
	}
}

// A listener may itself join and leave, and may panic: neither stops the events.
func TestLocalEventListeners(t *testing.T) {
	s := newLocalServer(t)
	a := s.adapter()
	var order []string
	_ = a.On("join-room", func(args ...any) {
		room := args[0].(socket.Room)
		order = append(order, string(room))
		switch room {
		case "first":
			a.AddAll("id", rooms("second"))
		case "bad":
			panic("a listener's")
		}
	})
	a.AddAll("id", rooms("first"))
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic did not reach the caller")
			}
		}()
		a.AddAll("id", rooms("bad"))
	}()
	a.AddAll("id", rooms("third"))
	if got := fmt.Sprint(order); got != "[first second bad third]" {
		t.Errorf("joined in order %s", got)
	}
	if n := a.SocketRooms("id").Len(); n != 4 {
		t.Errorf("it is in %d rooms", n)
	}
}

// TestLocalHammer does everything at a time with live sockets, which come and
// go: the race detector looks on, and those that stay get every broadcast.
func TestLocalHammer(t *testing.T) {
	const broadcasts = 1000
	s := newLocalServer(t)
	a := s.adapter()
	stay := make([]*frameConn, 10)
	clients := make([]*socket.Socket, len(stay))
	for i := range stay {
		clients[i], stay[i] = s.connect(t)
		clients[i].Join("stay")
		stay[i].forget()
	}
	done := make(chan struct{})
	var background, sending sync.WaitGroup
	repeat := func(f func()) {
		background.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					f()
				}
			}
		})
	}
	all := &socket.BroadcastOptions{}
	repeat(func() { // the only one who connects
		client, _ := s.connect(t)
		client.Join("stay", "x")
		client.Disconnect(true)
	})
	repeat(func() { // own rooms too can be left and joined
		c := clients[0]
		c.Leave(socket.Room(c.Id()))
		c.Join(socket.Room(c.Id()), socket.Room(clients[1].Id()))
	})
	repeat(func() { a.AddSockets(all, []socket.Room{"y"}); a.DelSockets(all, []socket.Room{"y"}) })
	repeat(func() {
		a.Rooms()
		a.Sids()
		a.Sockets(rooms("x", "y"))
		a.FetchSockets(all)(func([]socket.SocketDetails, error) {})
	})
	for w := range 4 {
		sending.Go(func() {
			for i := range broadcasts {
				packet := &parser.Packet{Type: parser.EVENT, Data: []any{"n", w, i}}
				a.Broadcast(packet, &socket.BroadcastOptions{Rooms: rooms("stay", "y"), Except: rooms("nobody")})
			}
		})
	}
	sending.Wait()
	close(done)
	background.Wait()
	for i, conn := range stay {
		next := make([]int, 4)
		for _, message := range conn.sent() {
			var w, n int
			if _, err := fmt.Sscanf(message, `2["n",%d,%d]`, &w, &n); err != nil {
				t.Fatalf("socket %d got %q", i, message)
			}
			if n != next[w] {
				t.Fatalf("socket %d got %d of sender %d in place of %d", i, n, w, next[w])
			}
			next[w]++
		}
		for w, n := range next {
			if n != broadcasts {
				t.Errorf("socket %d got %d of sender %d's %d", i, n, w, broadcasts)
			}
		}
	}
}
