package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"nudge/cmd/nudge/internal/bench"
	"nudge/cmd/nudge/internal/settings"
)

func newBenchConnect(p process) *cobra.Command {
	opts := &benchOptions{}
	load := bench.ConnectConfig{Transport: bench.Websocket, Warmup: time.Second, Duration: 10 * time.Second}
	cmd := &cobra.Command{
		Use:   "connect",
		Short: "Handshakes",
		Long: `Make connections, each up to the answer of the Socket.IO namespace, and close
them again: what a handshake costs and how long it takes. With --transport
upgrade it is made on polling and then moved to a websocket, as browsers do.`,
		Example: `  # As fast as possible, 16 at a time
  nudge bench connect --concurrency 16

  # As browsers do, 200 a second
  nudge bench connect --transport upgrade --rate 200`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return opts.run(cmd, p, func(ctx context.Context) (*bench.Result, error) {
				load.Config = opts.Config
				return bench.Connect(ctx, load)
			})
		},
	}
	flags := cmd.Flags()
	opts.bind(flags, false)
	flags.Var(settings.OneOf(&load.Transport, "transport", bench.Websocket, bench.Polling, bench.Upgrade), "transport",
		"way to connect: websocket, polling or upgrade")
	completeWords(cmd, "transport", bench.Websocket, bench.Polling, bench.Upgrade)
	flags.Var(settings.Count(&load.Rate), "rate", "handshakes begun a second; 0: as fast as possible")
	bindTimes(flags, &load.Warmup, &load.Duration)
	flags.Var(settings.Count(&load.Handshakes), "handshakes", "most handshakes made, without a warm-up; 0: no limit")
	return cmd
}
