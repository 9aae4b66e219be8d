package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"nudge/cmd/nudge/internal/bench"
	"nudge/cmd/nudge/internal/settings"
)

func newBenchIdle(p process) *cobra.Command {
	opts := &benchOptions{}
	load := bench.IdleConfig{Settle: 2 * time.Second, Hold: 30 * time.Second}
	cmd := &cobra.Command{
		Use:   "idle",
		Short: "Connections that only answer pings",
		Long: `Hold connections that say nothing but answers to pings. With --pid it shows what
each costs: memory above what the server had before the first, so load a server
that was just started, and CPU for a minute of a connection.`,
		Example: `  nudge bench idle --clients 10000 --hold 1m --pid $(pgrep -x nudge)`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return opts.run(cmd, p, func(ctx context.Context) (*bench.Result, error) {
				load.Config = opts.Config
				return bench.Idle(ctx, load)
			})
		},
	}
	flags := cmd.Flags()
	opts.bind(flags, true)
	flags.Var(settings.Duration(&load.Settle), "settle", "time after the last handshake before anything is measured")
	flags.Var(settings.Duration(&load.Hold), "hold", "time that the connections are held and measured")
	return cmd
}
