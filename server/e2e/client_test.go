package e2e

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/zishang520/socket.io/v2/socket"

	nudge "nudge/server"
)

// startHere runs a server in this process, with handlers of prepare, and returns
// its URL.
func startHere(t *testing.T, prepare func(*socket.Server)) string {
	t.Helper()
	s, err := nudge.New(nudge.Config{
		Addr:            "127.0.0.1:0",
		ShutdownTimeout: 500 * time.Millisecond,
		Logger:          slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	prepare(s.IO())
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	listening, cancelListening := context.WithTimeout(ctx, startWithin)
	defer cancelListening()
	addr := s.Addr(listening)
	if addr == nil {
		t.Fatal("it does not listen")
	}
	return "http://" + addr.String()
}

// clientCases are what the real client is put through: each by its name in
// node/cases, with the handlers that it needs in a namespace of its own.
var clientCases = map[string]func(testing.TB, socket.Namespace){
	"acks":          handleAcks,
	"broadcastAcks": handleBroadcastAcks,
	"volatile":      handleVolatile,
	"binary":        handleBinary,
	"large":         handleBinary,
	"data":          handleData,
	"middleware":    handleMiddleware,
	"namespaces":    handleNamespaces,
	"dynamic":       handleDynamic,
	"early":         handleEarly,
	"leaving":       handleLeaving,
	"rooms":         handleRooms,
}

// TestRealClient has socket.io-client do all that it can, over each transport.
func TestRealClient(t *testing.T) {
	url := startHere(t, func(io *socket.Server) {
		for name, handle := range clientCases {
			handle(t, io.Of("/"+name, nil))
		}
	})
	p := newPuppet(t)
	for name := range clientCases {
		for _, transports := range [][]string{websocketOnly, pollingOnly} {
			t.Run(name+"/"+transports[0], func(t *testing.T) {
				p.call(t, "run", name, with{"url": url, "transports": transports, "namespace": "/" + name}, nil)
			})
		}
	}
}

// onSocket registers a handler for the sockets of a namespace, all of which
// answer "sync".
func onSocket(t testing.TB, nsp socket.Namespace, f func(*socket.Socket)) {
	t.Helper()
	err := nsp.On("connection", func(args ...any) {
		s := args[0].(*socket.Socket)
		answer(s, "sync", func([]any) []any { return []any{} })
		f(s)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// answer registers a handler that answers, where it is asked to and f returns
// something.
func answer(s *socket.Socket, event string, f func(args []any) []any) {
	_ = s.On(event, func(args ...any) {
		var ack socket.Ack
		if last := len(args) - 1; last >= 0 {
			if a, ok := args[last].(socket.Ack); ok {
				ack, args = a, args[:last]
			}
		}
		if reply := f(args); ack != nil && reply != nil {
			ack(reply, nil)
		}
	})
}

// errorText is an error's text, "" for none.
func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// reply is what an acknowledgement, or the want of one, came to.
type reply struct {
	args []any
	err  error
}

// await calls what takes an ack, and waits for it.
func await(t testing.TB, ask func(socket.Ack)) reply {
	t.Helper()
	got := make(chan reply, 1)
	ask(func(args []any, err error) { got <- reply{args, err} })
	select {
	case r := <-got:
		return r
	case <-time.After(callWithin):
		t.Error("an acknowledgement neither came nor was given up")
		return reply{}
	}
}

// namesOf reads a list of rooms from an argument.
func namesOf(argument any) []socket.Room {
	var names []socket.Room
	list, _ := argument.([]any)
	for _, name := range list {
		names = append(names, socket.Room(name.(string)))
	}
	return names
}

// TestOrderOfRealClient has one connection send 100,000 events through
// middleware, to handlers that block now and then and ask the client in turn:
// they come in the order they were sent, one after another.
func TestOrderOfRealClient(t *testing.T) {
	url := startHere(t, func(io *socket.Server) { handleOrder(t, io.Of("/order", nil)) })
	p := newPuppet(t)
	for _, transports := range [][]string{websocketOnly, pollingOnly, {"polling", "websocket"}} {
		t.Run(strings.Join(transports, " then "), func(t *testing.T) {
			var got struct {
				Inversions, Concurrent, Handled, Total int
				Acks                                   bool
				Transport                              string
			}
			args := with{"url": url, "transports": transports, "namespace": "/order"}
			value := p.begin(t, "run", "order", args).valueWithin(t, 3*time.Minute)
			if err := json.Unmarshal(value, &got); err != nil {
				t.Fatal(err)
			}
			if got.Inversions != 0 || got.Concurrent != 0 || got.Handled != got.Total || !got.Acks {
				t.Errorf("%+v", got)
			}
			if want := transports[len(transports)-1]; got.Transport != want {
				t.Errorf("it ends by %s, want %s", got.Transport, want)
			}
		})
	}
}
