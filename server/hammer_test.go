package server

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/zishang520/socket.io/v2/socket"
)

// TestHammer has 200 clients do everything at the same time, and leave nothing
// behind.
func TestHammer(t *testing.T) {
	const clients, lasting = 200, 3 * time.Second
	s := start(t, Config{}, onConnection(t, answerHammering))
	var done atomic.Int64
	until := time.Now().Add(lasting)
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for time.Now().Before(until) {
				done.Add(s.hammerOnce())
			}
		})
	}
	all.Wait()
	nsp := s.io.Sockets()
	eventually(t, "end of all that was", func() bool {
		return nsp.Sockets().Len() == 0 && nsp.Adapter().Sids().Len() == 0 && nsp.Adapter().Rooms().Len() == 0 &&
			s.engine.Stats().Sessions == 0
	})
	t.Logf("%d things were done", done.Load())
	if done.Load() < clients {
		t.Error("hardly anything was done")
	}
}

// answerHammering registers what the clients ask for.
func answerHammering(client *socket.Socket) {
	nsp := client.Nsp()
	room := func() socket.Room { return socket.Room(fmt.Sprint("room ", rand.N(8))) }
	answer := func(args []any, with ...any) {
		if ack, ok := args[len(args)-1].(socket.Ack); ok {
			ack(append([]any{}, with...), nil)
		}
	}
	for event, f := range map[string]func(){
		"join":      func() { client.Join(room(), room()) },
		"leave":     func() { client.Leave(room()) },
		"move":      func() { nsp.In(room()).SocketsJoin(room()); nsp.In(room()).SocketsLeave(room()) },
		"tell":      func() { _ = nsp.To(room()).Except(room()).Emit("told", []byte{1, 2, 3}) },
		"tell all":  func() { _ = client.Broadcast().Emit("told", "text") },
		"maybe":     func() { _ = client.Volatile().Emit("told", 1) },
		"join late": func() { go client.Join(room()) },
		"drop":      func() { client.Disconnect(true) },
		"drop some": func() {
			if rand.N(10) == 0 {
				nsp.In(room()).DisconnectSockets(rand.N(2) == 0)
			}
		},
		"ask": func() {
			nsp.To(room()).Timeout(200 * time.Millisecond).EmitWithAck("question")(func([]any, error) {})
		},
		"ask all": func() { nsp.Timeout(200 * time.Millisecond).EmitWithAck("question")(func([]any, error) {}) },
		"ask one": func() { client.Timeout(200 * time.Millisecond).EmitWithAck("question")(func([]any, error) {}) },
		"fetch": func() {
			nsp.In(room()).FetchSockets()(func(found []*socket.RemoteSocket, _ error) {
				for _, each := range found {
					each.Rooms()
					each.Join(room())
				}
			})
		},
	} {
		_ = client.On(event, func(args ...any) {
			f()
			if len(args) > 0 {
				answer(args, args[0])
			}
		})
	}
}

var hammering = []string{
	"join", "leave", "move", "tell", "tell all", "maybe", "join late", "drop", "drop some", "ask", "ask all", "ask one", "fetch",
}

// hammerOnce connects a client, has it do a few things, and ends it in one of the
// ways in which clients end. It returns how many things were done.
func (s *testServer) hammerOnce() (done int64) {
	c, err := s.dial("")
	if err != nil {
		return 0
	}
	defer func() { _ = c.Conn.Close() }()
	if c.TrySend("40") != nil {
		return 0
	}
	for i := range rand.N(20) {
		event := hammering[rand.N(len(hammering))]
		if rand.N(3) == 0 { // with an attachment
			err = c.TrySend(fmt.Sprintf(`451-%d["%s",{"_placeholder":true,"num":0}]`, i, event))
			if err == nil {
				err = c.TryWrite(ws.NewBinaryFrame([]byte{1, 2, 3}))
			}
		} else {
			err = c.TrySend(fmt.Sprintf(`42%d["%s",{"a":%d}]`, i, event, i))
		}
		if err != nil || !c.answered(i) {
			return done
		}
		done++
	}
	if rand.N(2) == 0 {
		_ = c.TrySend("41")
	}
	return done
}

// answered reads on until the client's i-th event is answered, or never will be,
// and answers what the client is asked. It tells whether the connection is still
// there.
func (c *client) answered(i int) bool {
	if rand.N(4) == 0 {
		return true // it does not care
	}
	for {
		packet, err := c.Next()
		switch {
		case err != nil || packet == "41":
			return false
		case strings.HasPrefix(packet, fmt.Sprintf("43%d[", i)), strings.HasPrefix(packet, fmt.Sprintf("461-%d[", i)):
			return true
		case strings.HasSuffix(packet, `["question"]`):
			id := strings.TrimSuffix(strings.TrimPrefix(packet, "42"), `["question"]`)
			if c.TrySend("43"+id+`["yes"]`) != nil {
				return false
			}
		}
	}
}
