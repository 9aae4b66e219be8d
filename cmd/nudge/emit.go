package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"
	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
	"nudge/cmd/nudge/internal/settings"
)

// emitOptions are the flags of emit.
type emitOptions struct {
	redis, key, nsp string
	rooms, except   []string
	volatile        bool
	timeout         time.Duration
}

func newEmit(p process) *cobra.Command {
	opts := emitOptions{key: "socket.io", nsp: "/", timeout: 5 * time.Second}
	cmd := &cobra.Command{
		Use:   "emit [flags] EVENT [JSON…]",
		Short: "Emit an event to the clients of a cluster",
		Long: `Emit an event to the clients of all servers that are joined by Redis: those of
nudge serve --adapter classic, and those of Node with @socket.io/redis-adapter.
Each argument of the event is one JSON value. Without --room all clients of the
namespace are meant.

Redis is found by the flags, variables and .env file that serve was given. It
tells nobody who was listening: exit code 0 means that Redis has taken the event,
1 that it has not, 2 that a flag or an argument is wrong.`,
		Example: `  nudge emit --redis redis://localhost:6379 news '{"title":"Hello"}'
  nudge emit --room lobby --except staff notice '"closing soon"' 15`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("emit wants the name of an event; see nudge emit --help")
			}
			env, _ := p.environment() // serve is the one to speak of an unreadable file
			if err := settings.Resolve(cmd.Flags(), env); err != nil {
				return err
			}
			return opts.emit(cmd.Context(), args[0], args[1:])
		},
	}
	flags := cmd.Flags()
	settings.Bind(flags, settings.RedisURL(&opts.redis), "redis", "REDIS_URL",
		"Redis that joins the servers: redis://, rediss:// or unix://")
	settings.Bind(flags, settings.Text(&opts.key, "key", settings.NotEmpty), "key", "NUDGE_ADAPTER_KEY",
		"what the names of the servers' channels begin with")
	flags.StringVar(&opts.nsp, "nsp", opts.nsp, "namespace of the clients")
	flags.StringArrayVar(&opts.rooms, "room", nil, "room whose clients are meant; repeat it for several")
	flags.StringArrayVar(&opts.except, "except", nil, "room whose clients are not meant; repeat it for several")
	flags.BoolVar(&opts.volatile, "volatile", false, "drop the event for clients that are not ready for it")
	flags.Var(settings.Duration(&opts.timeout), "timeout", "longest wait for Redis")
	return cmd
}

func (o *emitOptions) emit(ctx context.Context, event string, texts []string) error {
	args := make([]any, len(texts))
	for i, text := range texts {
		if !json.Valid([]byte(text)) {
			return usagef("argument %d of the event is no JSON: %q; a string needs its quotes: '\"text\"'", i+1, text)
		}
		args[i] = json.RawMessage(text)
	}
	if o.redis == "" {
		return usagef("emit wants to know the Redis that joins the servers: give --redis or REDIS_URL")
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	client, cut, err := adapter.DialCut(ctx, adapter.DialConfig{URL: o.redis, ClientName: "nudge-emit", DialTimeout: o.timeout})
	if errors.Is(err, adapter.ErrURL) {
		return usagef("--redis: %v", err)
	}
	if err != nil {
		return err
	}
	defer client.Close()
	defer cut() // first, as Close waits for a Redis that hangs
	emitter, err := adapter.NewEmitter(adapter.EmitterConfig{Client: client, Key: o.key, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	emitter = emitter.Of(o.nsp).To(roomsOf(o.rooms)...).Except(roomsOf(o.except)...)
	if o.volatile {
		emitter = emitter.Volatile()
	}
	err = emitter.Emit(ctx, event, args...)
	if errors.Is(err, adapter.ErrReserved) {
		return usagef("%v", err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", settings.Redact(o.redis), err)
	}
	return nil
}

func roomsOf(names []string) []socket.Room {
	rooms := make([]socket.Room, len(names))
	for i, name := range names {
		rooms[i] = socket.Room(name)
	}
	return rooms
}
