package adapter

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/zishang520/socket.io/v2/socket"
)

// TestRestoredTwice: a session that is restored again, as its first connection failed, waits
// for its socket as long as the first time.
func TestRestoredTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &streams{exchange: &exchange{local: &local{}}}
		r := &recovery{s: s, resuming: map[socket.SocketId]*resumption{}}
		const id = "a socket"
		r.restore(id, "1-0")
		time.Sleep(restoring / 2)
		r.restore(id, "2-0")
		time.Sleep(restoring/2 + time.Second)
		synctest.Wait()
		if _, held := s.held[id]; !held {
			t.Error("it is not held back any more")
		}
		if upTo := r.connects(id); upTo != "2-0" {
			t.Errorf("it goes on behind %q", upTo)
		}
		r.restore(id, "3-0")
		time.Sleep(restoring + time.Second)
		synctest.Wait()
		if _, held := s.held[id]; held {
			t.Error("it never came, and is held back still")
		}
	})
}
