// Command members has a node broadcast to the members of a room, whose websockets are
// real, and prints what that cost the node as nudge bench --json does. The broadcasts are
// the node's own, or with -remote those of another program, by Redis. The members, and
// that program, are in a process of their own.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io/v2/socket"

	"nudge/examples/benchmark/internal/usage"
	"nudge/server"
)

func main() {
	var load options
	flag.StringVar(&load.redis, "redis", "redis://127.0.0.1:6379", "Redis of the node")
	flag.BoolVar(&load.remote, "remote", false, "have the broadcasts come by Redis")
	flag.IntVar(&load.members, "members", 100, "clients in the room")
	flag.IntVar(&load.rate, "rate", 100, "broadcasts a second")
	flag.IntVar(&load.size, "size", 64, "length of a broadcast's text")
	flag.DurationVar(&load.warmup, "warmup", time.Second, "time before what is measured")
	flag.DurationVar(&load.duration, "duration", 5*time.Second, "time that is measured")
	url := flag.String("join", "", "be the members of the room at this URL, and not the node")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var err error
	if *url != "" {
		err = serveMembers(ctx, load, *url, os.Stdin, os.Stdout)
	} else {
		err = run(ctx, load, os.Stdout)
	}
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

// room is the one that all members are in.
const room = "members"

type options struct {
	redis               string
	remote              bool
	members, rate, size int
	warmup, duration    time.Duration
}

func (o options) text() string { return strings.Repeat("x", o.size) }

// run measures a node.
func run(ctx context.Context, load options, out io.Writer) (err error) {
	srv, err := server.New(server.Config{Addr: "127.0.0.1:0", RedisURL: load.redis, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	all := srv.IO().Sockets()
	if err := all.On("connection", func(args ...any) { args[0].(*socket.Socket).Join(room) }); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- srv.Run(ctx) }()
	defer func() {
		stop()
		err = errors.Join(err, <-ended)
	}()
	addr := srv.Addr(ctx)
	if addr == nil {
		return errors.New("the node did not start")
	}
	m, err := startMembers(ctx, load, "ws://"+addr.String()+"/socket.io/?EIO=4&transport=websocket")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.end()) }()
	if err := awaitRoom(ctx, all, load.members); err != nil {
		return err
	}
	if _, err := volley(ctx, load, all, m, load.warmup); err != nil {
		return err
	}
	r, err := volley(ctx, load, all, m, load.duration)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(r)
}

// awaitRoom waits until all members are in the room: a client is told that it is
// connected before it is.
func awaitRoom(ctx context.Context, all socket.Namespace, members int) error {
	for deadline := time.Now().Add(patience); ; {
		n := all.Adapter().Sockets(types.NewSet(socket.Room(room))).Len()
		switch {
		case n == members:
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("%d of %d members are in the room", n, members)
		case ctx.Err() != nil:
			return ctx.Err()
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// volley has broadcasts made for so long, and is what they cost until all were delivered.
func volley(ctx context.Context, load options, all socket.Namespace, m *membersProcess, long time.Duration) (r usage.Result, err error) {
	r.Count = max(1, int(long.Seconds()*float64(load.rate)))
	before, start, text := usage.Now(), time.Now(), load.text()
	if err := m.expect(r.Count); err != nil {
		return r, err
	}
	if !load.remote {
		err := pace(ctx, load.rate, r.Count, func() error { return all.Local().To(room).Emit("message", text) })
		if err != nil {
			return r, err
		}
	}
	delivered, err := m.delivered()
	r.Lost = r.Count*load.members - delivered
	r.Seconds, r.Servers = time.Since(start).Seconds(), []usage.CPU{usage.Since(before)}
	return r, err
}

// pace calls f n times, so often a second.
func pace(ctx context.Context, rate, n int, f func() error) error {
	ticks := time.NewTicker(time.Second / time.Duration(rate))
	defer ticks.Stop()
	for range n {
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}
