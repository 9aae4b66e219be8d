package adapter_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
)

// refusals notes the rooms that sockets did not join.
type refusals struct {
	mu   sync.Mutex
	list []string
}

func (r *refusals) add(nsp socket.Namespace, id socket.SocketId, rooms []socket.Room) {
	r.mu.Lock()
	defer r.mu.Unlock()
	slices.Sort(rooms)
	r.list = append(r.list, fmt.Sprint(nsp.Name(), " ", id, " ", rooms))
}

// TestMaxRooms joins more rooms than a socket may be in, in every way there is.
func TestMaxRooms(t *testing.T) {
	var refused refusals
	s := newLocalServerWith(t, adapter.NewLocal(adapter.LocalConfig{MaxRooms: 3, OnRefused: refused.add}))
	client, _ := s.connect(t)
	other, _ := s.connect(t)
	rooms := func(c *socket.Socket) string {
		all := s.adapter().SocketRooms(c.Id()).Keys()
		all = slices.DeleteFunc(all, func(r socket.Room) bool { return r == socket.Room(c.Id()) })
		slices.Sort(all)
		return fmt.Sprint(all)
	}
	for i, step := range []struct {
		do      func()
		rooms   string
		refused string // of this step
	}{
		{func() { client.Join("a", "b") }, "[a b]", ""},
		{func() { client.Join("c", "d") }, "[a b]", "[c d]"}, // none, rather than one of them
		{func() { client.Join("c", "b", socket.Room(client.Id())) }, "[a b c]", ""},
		{func() { client.Join("d") }, "[a b c]", "[d]"},
		{func() { client.Join("a", "b", "c") }, "[a b c]", ""}, // where it is already
		{func() { client.Leave("b") }, "[a c]", ""},
		{func() { client.Join("d") }, "[a c d]", ""},
		{func() { s.In(socket.Room(client.Id())).SocketsJoin("e") }, "[a c d]", "[e]"},
		{func() { client.Join(socket.Room(other.Id())) }, "[a c d]", "[" + string(other.Id()) + "]"},
	} {
		step.do()
		if got := rooms(client); got != step.rooms {
			t.Errorf("step %d: the rooms are %s, want %s", i, got, step.rooms)
		}
		want := ""
		if step.refused != "" {
			want = fmt.Sprint("/ ", client.Id(), " ", step.refused)
		}
		got := ""
		if len(refused.list) > 0 {
			got = refused.list[0]
		}
		if refused.list = nil; got != want {
			t.Errorf("step %d: refused %q, want %q", i, got, want)
		}
	}
	if got := s.adapter().Sockets(nil).Len(); got != 2 {
		t.Errorf("%d sockets, want 2", got)
	}
	other.Join("a", "b", "c") // each socket has its own
	if got := rooms(other); got != "[a b c]" {
		t.Errorf("the other's rooms are %s", got)
	}
}

// However many join at once, one socket is in no more rooms than it may.
func TestMaxRoomsAtOnce(t *testing.T) {
	var refused refusals
	s := newLocalServerWith(t, adapter.NewLocal(adapter.LocalConfig{MaxRooms: 10, OnRefused: refused.add}))
	client, _ := s.connect(t)
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() { client.Join(socket.Room(fmt.Sprint("room ", i))) })
	}
	wg.Wait()
	if in, out := s.adapter().SocketRooms(client.Id()).Len()-1, len(refused.list); in != 10 || out != 40 {
		t.Errorf("joined %d and refused %d, want 10 and 40", in, out)
	}
}
