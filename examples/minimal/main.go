// Command minimal embeds a chat server in a program of its own, and adds an
// event to it. See README.md.
package main

import (
	"context"
	"log"
	"os"
	"os/signal"
	"time"

	"github.com/zishang520/socket.io/v2/socket"

	"nudge/server"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	srv, err := server.New(server.Config{Addr: os.Getenv("ADDR")})
	if err != nil {
		return err
	}
	if err := srv.IO().On("connection", addTime); err != nil {
		return err
	}
	return srv.Run(ctx)
}

// addTime answers a client's "time" event with the time of this machine.
func addTime(args ...any) {
	client := args[0].(*socket.Socket)
	_ = client.On("time", func(args ...any) { // fails only for a nil listener
		if len(args) == 0 {
			return // nothing was asked
		}
		if ack, ok := args[len(args)-1].(socket.Ack); ok {
			ack([]any{time.Now().Format(time.RFC3339)}, nil)
		}
	})
}
