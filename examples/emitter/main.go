// Command emitter emits an event to the clients of a cluster from outside: it is no
// server, it only reaches the Redis that joins them.
package main

import (
	"context"
	"log"
	"os"
	"time"

	"nudge/adapter"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	err := emit(ctx, os.Getenv("REDIS_URL"))
	cancel()
	if err != nil {
		log.Fatal(err)
	}
}

func emit(ctx context.Context, redis string) error {
	client, err := adapter.Dial(ctx, adapter.DialConfig{URL: redis, ClientName: "emitter"})
	if err != nil {
		return err
	}
	defer client.Close()
	emitter, err := adapter.NewEmitter(adapter.EmitterConfig{Client: client})
	if err != nil {
		return err
	}
	// To everyone, and then to a room but for those who are in another, too.
	if err := emitter.Emit(ctx, "news", map[string]any{"title": "Hello"}); err != nil {
		return err
	}
	return emitter.To("lobby").Except("staff").Emit(ctx, "notice", "closing soon", 15)
}
