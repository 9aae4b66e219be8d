package adapter_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
)

// A socket's Join looks whether it may before it joins, and what comes between
// may be the socket's end.
func TestLocalJoinAfterTheEnd(t *testing.T) {
	s := newLocalServer(t)
	client, conn := s.connect(t)
	conn.Emit("close", "transport close")
	s.adapter().AddAll(client.Id(), rooms("late", socket.Room(client.Id()))) // as its Join would
	if n := s.adapter().Sids().Len(); n != 0 {
		t.Errorf("a socket that is gone is in %v", s.adapter().SocketRooms(client.Id()).Keys())
	}
	if n := s.adapter().Rooms().Len(); n != 0 {
		t.Errorf("%d rooms are left", n)
	}
}

// TestLocalJoinsRacingTheEnd has sockets join rooms as their connections end:
// whichever comes first, nobody stays behind.
func TestLocalJoinsRacingTheEnd(t *testing.T) {
	const sockets = 3000
	s := newLocalServer(t)
	for range sockets {
		client, conn := s.connect(t)
		var wg sync.WaitGroup
		wg.Go(func() {
			for i := range 5 {
				client.Join("x", socket.Room(fmt.Sprint(i)))
			}
		})
		wg.Go(func() { conn.Emit("close", "transport close") })
		wg.Wait()
	}
	if n := s.adapter().Sids().Len(); n != 0 {
		t.Errorf("%d of %d sockets are still in rooms", n, sockets)
	}
	if n := s.adapter().Rooms().Len(); n != 0 {
		t.Errorf("%d rooms are left", n)
	}
}

// What the adapter keeps of a socket that is gone goes when nobody can name the
// socket any more.
func TestLocalForgetsTheGone(t *testing.T) {
	const sockets = 100
	s := newLocalServer(t)
	for range sockets {
		_, conn := s.connect(t)
		conn.Emit("close", "transport close")
	}
	if adapter.Gone(s.adapter()) == 0 {
		t.Fatal("nothing is known of those that have gone")
	}
	deadline := time.Now().Add(15 * time.Second)
	for adapter.Gone(s.adapter()) > 0 {
		runtime.GC()
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d are still known", adapter.Gone(s.adapter()), sockets)
		}
	}
}
