// Command echo is the chat server of package server with two more events: "echo",
// which answers with its argument, and "broadcast", which goes to the clients of all
// nodes as "message", by the adapter. It is what benchmarks of acknowledgements and
// of the adapter run against.
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
	redis := flag.String("redis", "", "Redis that joins the nodes")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *addr, *redis)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, addr, redis string) error {
	srv, err := server.New(server.Config{Addr: addr, RedisURL: redis, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	all := srv.IO().Sockets()
	if err := all.On("connection", func(args ...any) {
		addEcho(args...)
		addBroadcast(all, args[0].(*socket.Socket))
	}); err != nil {
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

// addBroadcast has a client's "broadcast" events reach all.
func addBroadcast(all socket.Namespace, client *socket.Socket) {
	_ = client.On("broadcast", func(args ...any) { _ = all.Emit("message", args...) }) // not a reserved name
}
