// Command echo is the chat server of package server with one more event, "echo",
// which answers with its argument. It is what a benchmark of acknowledgements
// runs against.
package main

import (
	"context"
	"flag"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/zishang520/socket.io/v2/socket"

	"nudge/server"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8000", "address to listen on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *addr)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, addr string) error {
	srv, err := server.New(server.Config{Addr: addr, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	if err := srv.IO().On("connection", addEcho); err != nil {
		return err
	}
	return srv.Run(ctx)
}

// addEcho has a client's "echo" events answered.
func addEcho(args ...any) {
	client := args[0].(*socket.Socket)
	_ = client.On("echo", func(args ...any) { // fails only for a nil listener
		if len(args) < 2 {
			return // nothing to answer with, or nobody who asked
		}
		if answer, ok := args[len(args)-1].(socket.Ack); ok {
			answer(args[:len(args)-1], nil)
		}
	})
}
