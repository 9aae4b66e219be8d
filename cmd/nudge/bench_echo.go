package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"nudge/cmd/nudge/internal/bench"
	"nudge/cmd/nudge/internal/settings"
)

func newBenchEcho(p process) *cobra.Command {
	opts := &benchOptions{}
	load := bench.EchoConfig{
		Size: 64, InFlight: 1, Warmup: time.Second, Duration: 10 * time.Second, Event: "echo",
	}
	cmd := &cobra.Command{
		Use:   "echo",
		Short: "Events that the server acknowledges",
		Long: `Have each client send events and wait for their acknowledgement: what a round
trip costs and how long it takes.

The server must acknowledge --event. The chat has no event "echo";
--event event:message is acknowledged, but also goes out to every client.`,
		Example: `  nudge bench echo --clients 100 --event echo
  nudge bench echo --clients 100 --rate 5000`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := onePace(cmd, "answers come"); err != nil {
				return err
			}
			return opts.run(cmd, p, func(ctx context.Context) (*bench.Result, error) {
				load.Config = opts.Config
				return bench.Echo(ctx, load)
			})
		},
	}
	flags := cmd.Flags()
	opts.bind(flags, true)
	flags.Var(settings.Size(&load.Size), "size", "length of an event's text")
	flags.Var(settings.Count(&load.InFlight), "in-flight", "events of each client under way at a time")
	flags.Var(settings.Count(&load.Rate), "rate", "events a second, in all, in place of a number in flight; 0: none")
	bindTimes(flags, &load.Warmup, &load.Duration)
	flags.Var(settings.Text(&load.Event, "name", settings.NotEmpty), "event", "event that is sent")
	return cmd
}
