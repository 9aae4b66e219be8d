// Command publish broadcasts as fast as Redis takes it, by the classic adapter and with
// so many under way at a time, and prints what that came to as nudge bench --json does.
// Nobody is connected: what it costs is the way to Redis, and to put aside what comes
// back from it. node/publish.mjs does the same.
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

	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
	"nudge/examples/benchmark/internal/usage"
)

func main() {
	var load options
	flag.StringVar(&load.redis, "redis", "redis://127.0.0.1:6379", "Redis to publish to")
	flag.IntVar(&load.inFlight, "in-flight", 64, "broadcasts under way at a time")
	flag.IntVar(&load.size, "size", 64, "length of a broadcast's text")
	flag.DurationVar(&load.warmup, "warmup", time.Second, "time before what is measured")
	flag.DurationVar(&load.duration, "duration", 5*time.Second, "time that is measured")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, load, os.Stdout)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

type options struct {
	redis            string
	inFlight, size   int
	warmup, duration time.Duration
}

// look is how often the broadcasts under way are looked at: short beside what a
// pipeline of them takes, long beside what a look costs.
const look = 200 * time.Microsecond

var errLost = errors.New("not all that was sent was taken by Redis")

func run(ctx context.Context, load options, out io.Writer) error {
	cluster, err := adapter.Classic(adapter.ClusterConfig{URL: load.redis, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	opts := socket.DefaultServerOptions()
	opts.SetAdapter(cluster)
	server := socket.NewServer(nil, opts)
	defer server.Close(nil)
	all := server.Sockets()
	text := strings.Repeat("x", load.size)
	volleys := func(within time.Duration) (sent int, err error) {
		for end := time.Now().Add(within); time.Now().Before(end); {
			for range load.inFlight {
				if err := all.Emit("message", text); err != nil {
					return sent, err
				}
			}
			sent += load.inFlight
			for cluster.State().Queued > 0 {
				time.Sleep(look)
			}
			if ctx.Err() != nil {
				return sent, ctx.Err()
			}
		}
		return sent, nil
	}
	if !cluster.State().Connected {
		return fmt.Errorf("not connected: %s", cluster.State().LastError)
	}
	if _, err := volleys(load.warmup); err != nil {
		return err
	}
	before, published, start := usage.Now(), cluster.State().Published, time.Now()
	sent, err := volleys(load.duration)
	if err != nil {
		return err
	}
	r := usage.Result{Count: sent, Seconds: time.Since(start).Seconds(), Servers: []usage.CPU{usage.Since(before)}}
	if took := cluster.State().Published - published; took != uint64(sent) {
		return fmt.Errorf("%w: %d of %d", errLost, took, sent)
	}
	return json.NewEncoder(out).Encode(r)
}
