package e2e

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zishang520/socket.io/v2/socket"

	nudge "nudge/server"
)

// TestRevision3 has socket.io-client 2 do all that such a client may do, by each
// transport and across the upgrade.
func TestRevision3(t *testing.T) {
	for _, transports := range [][]string{websocketOnly, pollingOnly, {"polling", "websocket"}} {
		t.Run(transports[0]+" to "+transports[len(transports)-1], func(t *testing.T) {
			var left atomic.Int32
			base := startInProcess(t, nudge.Config{AllowEIO3: true, PingInterval: 500 * time.Millisecond},
				func(s *nudge.Server) { handleRevision3(t, s, &left) })
			var got map[string]any
			drive(t, time.Minute, "revision3.mjs", with{"url": base, "transports": transports}, &got)
			transport := transports[len(transports)-1]
			for what, want := range map[string]string{
				"sameId":     `true`,
				"ack":        `["text é😀",{"nested":[1,null,true]},2.5]`,
				"binary":     `["0001ff","c3a9"]`,
				"large":      `200000`,
				"inOrder":    `true`,
				"asked":      `["why? answered","07"]`,
				"broadcast":  `["to all 0402","to all 0402"]`,
				"room":       `["hello"]`,
				"strays":     `0`,
				"namespace":  `["a b",true]`,
				"refused":    `["not you"]`,
				"transport":  `"` + transport + `"`,
				"pinged":     `true`,
				"kicked":     `["io server disconnect"]`,
				"closed":     `["transport close"]`,
				"again":      `["again"]`,
				"unexpected": `[]`,
			} {
				if b, err := json.Marshal(got[what]); err != nil || string(b) != want {
					t.Errorf("%s: %s, want %s", what, b, want)
				}
			}
			// Each connection to "/" ended with a "disconnect": first, first again
			// and second; and those that came only to reach other namespaces.
			eventually(t, endWithin, "all sockets of / are gone", func() bool { return left.Load() == 0 })
		})
	}
}

// startInProcess runs a server in this process and returns its URL.
func startInProcess(t *testing.T, cfg nudge.Config, prepare func(*nudge.Server)) string {
	t.Helper()
	cfg.Addr = "127.0.0.1:0"
	cfg.ShutdownTimeout = time.Second
	cfg.Logger = slog.New(slog.DiscardHandler)
	s, err := nudge.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	prepare(s)
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-over; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	listening, stop := context.WithTimeout(ctx, startWithin)
	defer stop()
	addr := s.Addr(listening)
	if addr == nil {
		t.Fatal("it does not listen")
	}
	return "http://" + addr.String()
}

// handleRevision3 registers what revision3.mjs talks to. left counts the sockets
// of "/" that have not gone.
func handleRevision3(t *testing.T, s *nudge.Server, left *atomic.Int32) {
	io := s.IO()
	answer := func(args []any) ([]any, socket.Ack) { return args[:len(args)-1], args[len(args)-1].(socket.Ack) }
	on := func(c *socket.Socket, event string, f func(args ...any)) {
		if err := c.On(event, f); err != nil {
			t.Error(err)
		}
	}
	connection := func(nsp socket.Namespace, f func(*socket.Socket)) {
		if err := nsp.On("connection", func(args ...any) { f(args[0].(*socket.Socket)) }); err != nil {
			t.Error(err)
		}
	}
	connection(io.Sockets(), func(c *socket.Socket) {
		left.Add(1)
		on(c, "disconnect", func(...any) { left.Add(-1) })
		on(c, "id", func(args ...any) {
			_, ack := answer(args)
			ack([]any{string(c.Id())}, nil)
		})
		on(c, "echo", func(args ...any) {
			data, ack := answer(args)
			ack(data, nil)
		})
		on(c, "count", func(args ...any) { _ = c.Emit("counted", args...) })
		on(c, "ask", func(args ...any) {
			_, ack := answer(args)
			c.EmitWithAck("question", "why?")(func(answer []any, err error) { ack(answer, err) })
		})
		on(c, "broadcast", func(args ...any) { _ = io.Emit("broadcast", args...) })
		on(c, "join", func(args ...any) {
			data, ack := answer(args)
			c.Join(socket.Room(data[0].(string)))
			ack(nil, nil)
		})
		on(c, "to room", func(args ...any) { _ = io.To(socket.Room(args[0].(string))).Emit("in room", args[1]) })
		on(c, "kick", func(...any) { c.Disconnect(false) })
		on(c, "close", func(...any) { c.Conn().Close(false) })
	})
	connection(io.Of("/other", nil), func(c *socket.Socket) {
		on(c, "query", func(args ...any) {
			_, ack := answer(args)
			query, _ := c.Handshake().Auth.(url.Values)
			ack([]any{query.Get("token")}, nil)
		})
	})
	io.Of("/refused", nil).Use(func(_ *socket.Socket, next func(*socket.ExtendedError)) {
		next(socket.NewExtendedError("not you", nil))
	})
}
