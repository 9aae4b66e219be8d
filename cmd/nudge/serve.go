package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"nudge/adapter"
	"nudge/cmd/nudge/internal/settings"
	"nudge/server"
)

func newServe(p process) *cobra.Command {
	opts := defaultOptions()
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the chat until SIGINT or SIGTERM",
		Long: `Serve the chat until SIGINT or SIGTERM, then tell the clients and end; a
second signal ends at once.

Each flag may be set by the environment variable that its line names, or by the
same name in a file .env in the working directory, which is read as Node's dotenv
reads it. A flag goes before the environment, the environment before the file. An
empty variable counts as unset, and hides the file's.

A size is a whole number of bytes, or one with a unit: KB, MB, GB (powers of
1000), KiB, MiB, GiB (powers of 1024). A duration has its unit: 500ms, 25s, 1m30s.

The log goes to stderr. Exit codes: 0 after a clean end, 1 when it could not run,
2 when a flag or variable is wrong.`,
		Example: `  # Port 8000 of every interface, relaying in process
  nudge serve

  # A node of a cluster, as the Node server was started
  PORT=8000 REDIS_URL=redis://:password@redis:6379/0 nudge serve

  # On this machine only, for pages of two origins
  nudge serve --host 127.0.0.1 --cors-origin https://chat.example.com,http://localhost:3000

  # Longer messages, a log for machines
  nudge serve --max-payload 4MB --max-publish 4MB --log-format json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			env, unreadable := p.environment()
			if err := settings.Resolve(cmd.Flags(), env); err != nil {
				return err
			}
			if err := opts.checkCluster(cmd.Flags()); err != nil {
				return err
			}
			logger := newLogger(p.stderr, opts.logLevel, opts.logFormat)
			if unreadable != nil {
				logger.Warn("the .env file is passed over", "error", unreadable)
			}
			for _, stray := range settings.Strays(cmd.Flags(), env) {
				warnOfStray(logger, stray)
			}
			srv, err := server.New(opts.serverConfig(logger))
			if err != nil {
				return opts.explain(cmd.Flags(), err)
			}
			probeAddr := localRedis
			if opts.redis != "" {
				probeAddr = ""
			}
			return serve(cmd.Context(), srv, logger, probeAddr)
		},
	}
	cmd.Flags().SortFlags = false // the weightiest first, as bind has them
	opts.bind(cmd.Flags())
	groupFlags(cmd)
	completeWords(cmd, "adapter", server.Adapters()...)
	completeWords(cmd, "sharded-mode", shardedModes()...)
	completeWords(cmd, "parser", server.ParserJSON, server.ParserMsgpack)
	completeWords(cmd, "log-level", "debug", "info", "warn", "error")
	completeWords(cmd, "log-format", formatText, formatJSON)
	return cmd
}

// explain names the flag that the server refuses the value of.
func (o *options) explain(flags *pflag.FlagSet, err error) error {
	for _, of := range []struct {
		sentinel    error
		flag, given string
	}{
		{adapter.ErrURL, "redis", o.redis},
		{server.ErrAdapter, "adapter", o.adapter},
		{server.ErrBridge, "bridge", flags.Lookup("bridge").Value.String()},
	} {
		if errors.Is(err, of.sentinel) {
			flag := flags.Lookup(of.flag)
			return settings.NewError(flag, of.given, settings.SourceOf(flag), err)
		}
	}
	return err
}

// serve runs srv until a signal or the end of ctx. Once it listens, a Redis at
// probeAddr is warned of, if that is not "".
func serve(ctx context.Context, srv *server.Server, logger *slog.Logger, probeAddr string) error {
	ctx, stop := endOnSignal(ctx, logger)
	var probe sync.WaitGroup
	if probeAddr != "" {
		probe.Go(func() {
			if srv.Addr(ctx) != nil {
				warnOfLocalRedis(ctx, logger, probeAddr)
			}
		})
	}
	err := srv.Run(ctx)
	stop()
	probe.Wait()
	return err
}

// warnOfStray keeps a misspelt variable from passing silently. Its value is not
// shown: it may be a secret.
func warnOfStray(logger *slog.Logger, stray settings.Stray) {
	attrs := []any{"name", stray.Name, "source", string(stray.Source)}
	if stray.Nearest != "" {
		attrs = append(attrs, "did_you_mean", stray.Nearest)
	}
	logger.Warn("unknown setting is passed over", attrs...)
}

// completeWords lets shells complete the values of a flag.
func completeWords(cmd *cobra.Command, flag string, words ...string) {
	complete := cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)
	if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic(err) // the flag is a constant that bind added
	}
}
