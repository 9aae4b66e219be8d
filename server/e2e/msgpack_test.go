package e2e

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/zishang520/socket.io/v2/socket"

	nudge "nudge/server"
	"nudge/server/internal/wstest"
)

// TestMsgpack has the real client, with socket.io-msgpack-parser, do all that
// clients do; the handlers are Go's.
func TestMsgpack(t *testing.T) {
	url := serveMsgpack(t)
	for _, transports := range [][]string{websocketOnly, pollingOnly, {"polling", "websocket"}} {
		t.Run(fmt.Sprint(transports), func(t *testing.T) {
			var results []struct{ Name, Got, Want string }
			drive(t, time.Minute, "msgpack.mjs", with{"url": url, "transports": transports}, &results)
			if len(results) < 40 {
				t.Errorf("%d checks were made", len(results))
			}
			for _, tt := range results {
				if tt.Got != tt.Want {
					t.Errorf("%s:\n got %s\nwant %s", tt.Name, tt.Got, tt.Want)
				}
			}
		})
	}
}

// TestMsgpackPayloads has the chat's contract hold for values that came as msgpack.
func TestMsgpackPayloads(t *testing.T) {
	s := startNudge(t, "", "--parser", "msgpack")
	for _, transports := range [][]string{websocketOnly, pollingOnly} {
		t.Run(transports[0], func(t *testing.T) {
			checkPayloads(t, s, with{"transports": transports, "msgpack": true})
		})
	}
}

// TestMsgpackRefusesOthers: clients of the JSON format, and whatever else is no
// packet, are disconnected.
func TestMsgpackRefusesOthers(t *testing.T) {
	s := startNudge(t, "", "--parser", "msgpack")
	for name, message := range map[string]string{
		"JSON": "40", "no packet": "b\xc1", "an event without a name": "b\x83\xa4type\x02\xa3nsp\xa1/\xa4data\x90",
		"a length past the end": "b\xdd\xff\xff\xff\xff",
	} {
		t.Run(name, func(t *testing.T) {
			c := wstest.Dial(t, s.url+"/socket.io/?EIO=4&transport=websocket")
			c.ExpectPrefix("0{")
			if message[0] == 'b' {
				c.Write(ws.NewBinaryFrame([]byte(message[1:])))
			} else {
				c.Send(message)
			}
			c.Closed()
		})
	}
}

// serveMsgpack runs the server that the driver expects and returns its URL.
func serveMsgpack(t *testing.T) string {
	t.Helper()
	logs := &wstest.Buffer{}
	s, err := nudge.New(nudge.Config{
		Addr:            "127.0.0.1:0",
		Parser:          nudge.ParserMsgpack,
		ShutdownTimeout: time.Second,
		Logger:          slog.New(slog.NewTextHandler(logs, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	handleMsgpack(t, s.IO())
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-over; err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the server's log:\n%s", logs)
		}
	})
	addr := s.Addr(ctx)
	if addr == nil {
		t.Fatal("it does not listen")
	}
	return "http://" + addr.String()
}

func handleMsgpack(t *testing.T, io *socket.Server) {
	t.Helper()
	err := io.On("connection", func(args ...any) {
		client := args[0].(*socket.Socket)
		on(client, "echo", echo(client))
		on(client, "ask", func(...any) {
			client.EmitWithAck("question", "what?")(func(answer []any, err error) {
				if err != nil {
					answer = []any{err.Error()}
				}
				_ = client.Emit("answered", answer...)
			})
		})
		on(client, "values", func(...any) {
			moment := time.UnixMilli(1)
			_ = client.Emit("values", time.UnixMilli(1_700_000_000_123), int64(1<<53+1), math.NaN(),
				map[string]any{"bytes": []byte{1, 2}, "none": nil}, struct {
					Name string
					At   *time.Time `json:"at"`
				}{"x", &moment})
		})
		on(client, "everyone", func(args ...any) { _ = io.Emit("news", args...) })
		on(client, "poll", func(args ...any) {
			reply := args[0].(socket.Ack)
			io.Timeout(5 * time.Second).EmitWithAck("poll")(func(answers []any, err error) { reply([]any{answers}, err) })
		})
		on(client, "leave", func(...any) { client.Disconnect(false) })
		on(client, "disconnect", func(args ...any) { _ = io.Emit("left", args...) })
	})
	if err != nil {
		t.Fatal(err)
	}
	admin := io.Of("/admin", nil)
	admin.Use(func(client *socket.Socket, next func(*socket.ExtendedError)) {
		auth, _ := client.Handshake().Auth.(map[string]any)
		token, _ := auth["token"].(interface{ Bytes() []byte })
		if token == nil || string(token.Bytes()) != "secret" {
			next(socket.NewExtendedError("not welcome", map[string]any{"code": 7, "key": []byte("k")}))
			return
		}
		next(nil)
	})
	err = admin.On("connection", func(args ...any) {
		client := args[0].(*socket.Socket)
		on(client, "echo", echo(client))
		_ = client.Emit("greeting", client.Handshake().Auth)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// on adds a handler, of an event whose name may be used.
func on(client *socket.Socket, event string, handler func(...any)) { _ = client.On(event, handler) }

// echo answers an ack with the first argument, and emits all of them where none is
// asked for.
func echo(client *socket.Socket) func(...any) {
	return func(args ...any) {
		if reply, ok := args[len(args)-1].(socket.Ack); ok {
			reply(args[:1], nil)
			return
		}
		_ = client.Emit("echoed", args...)
	}
}
