package server

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/zishang520/socket.io/v2/socket"
)

// What is beyond the limits of a packet ends its connection, and nothing else.
func TestPacketLimits(t *testing.T) {
	for name, c := range map[string]struct {
		limits   Limits
		within   []string
		beyond   string
		received string // the answer to what is within
	}{
		"depth": {
			Limits{MaxDepth: 4}, []string{`421["event:message",{"message":[[]]}]`},
			`42["event:message",{"message":[[[]]]}]`, `431[{"ok":true}]`,
		},
		"attachments": {
			Limits{MaxAttachments: 1}, []string{`451-1["event:message",{"_placeholder":true,"num":0}]`, ""},
			`452-["x",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`, `431[{"ok":false`,
		},
		"no attachments": {Limits{MaxAttachments: -1}, nil, `451-["x",{"_placeholder":true,"num":0}]`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, Config{Limits: c.limits})
			other := s.connect()
			client := s.connect()
			for _, packet := range c.within {
				if packet == "" {
					client.Write(ws.NewBinaryFrame([]byte{1}))
				} else {
					client.Send(packet)
				}
			}
			for answered := c.received == ""; !answered; {
				answered = strings.HasPrefix(client.Text(), c.received)
			}
			client.Send(c.beyond)
			client.Closed()
			other.Send(`425["event:message"]`)
			for answered := false; !answered; {
				answered = strings.HasPrefix(other.Text(), `435[`)
			}
		})
	}
}

func TestMaxRooms(t *testing.T) {
	joined := make(chan int, 1)
	s := start(t, Config{Limits: Limits{MaxRooms: 2}}, func(s *Server) {
		_ = s.IO().On("connection", func(args ...any) {
			client := args[0].(*socket.Socket)
			for _, room := range []socket.Room{"a", "b", "c", "d"} {
				client.Join(room)
			}
			joined <- client.Rooms().Len() - 1
		})
	})
	s.connect()
	if n := <-joined; n != 2 {
		t.Errorf("joined %d rooms, want 2", n)
	}
	if _, state := s.readyz(); state.Counts["refused_rooms"] != 2 {
		t.Errorf("the counts are %v", state.Counts)
	}
	if want := `limit="rooms per socket"`; !strings.Contains(s.logs.String(), want) {
		t.Errorf("the log lacks %s", want)
	}
}

// A client that reads nothing is closed for what waits for it, or for how long.
func TestSlowClientLimits(t *testing.T) {
	for name, limits := range map[string]Limits{
		"outbox":        {MaxOutbox: 1 << 20},
		"write timeout": {MaxOutbox: 1 << 30, WriteTimeout: 50 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, Config{Limits: limits})
			_ = s.connect().Conn.(*net.TCPConn).SetReadBuffer(4 << 10)
			megabyte := strings.Repeat("x", 1_000_000)
			for range 10 { // more than the kernel's buffers hold
				s.IO().Emit("x", megabyte)
			}
			eventually(t, "end of the client", func() bool {
				_, state := s.readyz()
				return state.Sessions == 0 && state.Counts["slow_consumers"] == 1
			})
		})
	}
}
