package engineio

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gobwas/ws"
)

// FuzzUpgrade sends a probing websocket packets, one a line, and polls now and
// then: the session goes on to the websocket exactly where a probe and, next but
// for more probes, an upgrade packet came. Whatever else a probing websocket
// sends costs that websocket alone.
func FuzzUpgrade(f *testing.F) {
	for _, seed := range []string{"2probe\n5", "2probe\npoll\n5\n4after", "5\n2probe\n5", "2probe\n2probe\n5\n2", "3\n2probe\n5", "2\n5", "", "2probe\n\n5", "5\n5\n4"} {
		f.Add([]byte(seed))
	}
	srv := New(Config{GoroutineReads: true})
	f.Cleanup(func() { srv.Close() })
	f.Fuzz(func(t *testing.T, packets []byte) {
		session := newSocket(srv, newID(), httptest.NewRequest(http.MethodGet, "/socket.io/?EIO=4&transport=polling", nil))
		session.leave = func() {}
		srv.remember(session)
		srv.announce(session)
		defer session.end(ReasonForcedClose, nil)
		ours, theirs := net.Pipe()
		read := make(chan struct{})
		go func() {
			defer close(read)
			_, _ = io.Copy(io.Discard, theirs)
		}()
		defer func() {
			_ = ours.Close()
			<-read
		}()
		c := &websocket{s: session}
		c.init(ours)
		session.startProbe(c)

		probed, dropped, upgraded := false, false, false
		for packet := range bytes.SplitSeq(packets, []byte("\n")) {
			if string(packet) == "poll" && !upgraded {
				p := &poll{payload: make(chan []byte, 1)}
				if session.startPoll(p) {
					session.stopPoll(p)
				}
				continue
			}
			if upgraded || dropped {
				break
			}
			_ = c.onMessage(ws.OpText, packet)
			switch {
			case string(packet) == "2probe":
				probed = true
			case string(packet) == "5":
				upgraded = probed
			default:
				dropped = true
			}
			if session.Upgraded() != upgraded || session.Upgrading() != (!dropped && !upgraded) {
				t.Fatalf("after %q: upgraded is %v, upgrading %v; want %v, %v",
					packet, session.Upgraded(), session.Upgrading(), upgraded, !dropped && !upgraded)
			}
			if state := session.ReadyState(); state != "open" {
				t.Fatalf("after %q the session is %s", packet, state)
			}
		}
	})
}
