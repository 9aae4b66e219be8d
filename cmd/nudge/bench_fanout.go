package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"nudge/cmd/nudge/internal/bench"
	"nudge/cmd/nudge/internal/settings"
)

func newBenchFanout(p process) *cobra.Command {
	opts := &benchOptions{}
	load := bench.FanoutConfig{
		Size: 64, Rate: 8000, Warmup: time.Second, Duration: 10 * time.Second,
		Event: "event:message", ReturnEvent: "message",
	}
	cmd := &cobra.Command{
		Use:   "fanout",
		Short: "Messages that the server relays to all clients",
		Long: `Have clients send messages that the server relays to all of them, and follow
each to every client: which are lost, doubled or out of their sender's order,
how long they take, and what a delivery costs.

A message is {"message":"<sender>:<number>:<time>:<padding>"}, sent as --event
and expected as --return-event, as the object or as its JSON in a string.`,
		Example: `  # 8 messages a second to 1000 clients
  nudge bench fanout --clients 1000 --rate 8000

  # As many as the server can take, 16 at a time
  nudge bench fanout --clients 1000 --in-flight 16

  # Two nodes of a cluster
  nudge bench fanout --clients 5000 --url http://127.0.0.1:8000 --url http://127.0.0.1:8001`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := onePace(cmd, "messages come back"); err != nil {
				return err
			}
			return opts.run(cmd, p, func(ctx context.Context) (*bench.Result, error) {
				load.Config = opts.Config
				return bench.Fanout(ctx, load)
			})
		},
	}
	flags := cmd.Flags()
	opts.bind(flags, true)
	flags.Var(settings.Size(&load.Size), "size", "length of a message's text")
	flags.Var(settings.Count(&load.Rate), "rate", "deliveries a second, in all")
	flags.Var(settings.Count(&load.InFlight), "in-flight", "messages under way at a time, in place of a rate")
	flags.Var(settings.Count(&load.Senders), "senders", "clients that send; 0: one, with --in-flight as many as that")
	bindTimes(flags, &load.Warmup, &load.Duration)
	flags.Var(settings.Count(&load.Messages), "messages", "most messages sent in all, without a warm-up; 0: no limit")
	flags.Var(settings.Text(&load.Event, "name", settings.NotEmpty), "event", "event that a message is sent as")
	flags.Var(settings.Text(&load.ReturnEvent, "name", settings.NotEmpty), "return-event", "event that it is delivered as")
	return cmd
}
