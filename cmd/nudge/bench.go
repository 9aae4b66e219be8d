package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"nudge/cmd/nudge/internal/bench"
	"nudge/cmd/nudge/internal/settings"
)

func newBench(p process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Load a Socket.IO server and measure what came of it",
		Long: `Load a Socket.IO server with raw websockets and measure what came of it: how
much each message, handshake or idle connection costs, how long it takes, and
what is lost. The server may be this one or any other that speaks Socket.IO v4.

With --pid, on Linux, the CPU and memory of the server's process are measured as
well. The generator's own CPU is shown: where it comes near a whole processor,
it and not the server is what is measured.

A run is bounded in count and time. Ctrl+C ends it early, and what was measured
so far is shown. Exit codes: 0 when something was measured, whatever came of it;
1 when not; 2 when a flag is wrong.`,
		Example: `  nudge bench fanout --clients 1000 --rate 8000 --pid $(pgrep -x nudge)
  nudge bench idle --clients 10000 --hold 1m --json`,
	}
	cmd.AddCommand(newBenchFanout(p), newBenchEcho(p), newBenchConnect(p), newBenchIdle(p))
	return cmd
}

// benchOptions are the flags of every kind of load.
type benchOptions struct {
	bench.Config
	json bool
}

// bind adds the flags, those of connections only where some are held.
func (o *benchOptions) bind(flags *pflag.FlagSet, holds bool) {
	flags.SortFlags = false // the weightiest first
	flags.Var(&list[string]{to: &o.URLs, kind: "url", parse: parseBenchURL}, "url",
		"server to load; repeat it to spread the clients over several (default http://127.0.0.1:8000)")
	if holds {
		o.Clients = 100
		flags.Var(settings.Count(&o.Clients), "clients", "connections that are held")
	}
	flags.Var(&list[int]{to: &o.PIDs, kind: "pid", parse: parsePID}, "pid",
		"server's process, to measure its CPU and memory; repeat it for several")
	o.Concurrency = 64
	flags.Var(settings.Count(&o.Concurrency), "concurrency", "handshakes that are under way at a time")
	o.Timeout = bench.DefaultTimeout
	flags.Var(settings.Duration(&o.Timeout), "timeout", "longest wait for a handshake, and for what is missing at the end")
	flags.BoolVar(&o.json, "json", false, "one line of JSON in place of a table")
	flags.BoolVar(&o.Remote, "i-run-this-server", false, "allow a server that is not on this machine")
}

// bindTimes adds the flags of a load that is measured for a time.
func bindTimes(flags *pflag.FlagSet, warmup, duration *time.Duration) {
	flags.Var(settings.Duration(warmup), "warmup", "time before anything is measured")
	flags.Var(settings.Duration(duration), "duration", "time that is measured")
}

// onePace refuses two paces at a time. Without a rate a load goes as fast as
// something comes.
func onePace(cmd *cobra.Command, comes string) error {
	if cmd.Flags().Changed("rate") && cmd.Flags().Changed("in-flight") {
		return usagef("--rate and --in-flight exclude each other: a set pace, or as fast as the %s", comes)
	}
	return nil
}

// run runs a load until its end or a signal, and shows the result.
func (o *benchOptions) run(cmd *cobra.Command, p process, load func(ctx context.Context) (*bench.Result, error)) error {
	if len(o.URLs) == 0 {
		o.URLs = []string{"http://127.0.0.1:8000"}
	}
	if !o.json && isTerminal(p.stderr) {
		o.Progress = p.stderr
	}
	// A second signal ends the process at once, as if none were handled.
	ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	defer context.AfterFunc(ctx, stop)()
	result, err := load(ctx)
	switch {
	case errors.Is(err, bench.ErrRemote):
		return usagef("%v; --i-run-this-server allows to load it, if it is yours", err)
	case errors.Is(err, bench.ErrConfig):
		return usagef("%v", err)
	case err != nil:
		return err
	case o.json:
		return json.NewEncoder(cmd.OutOrStdout()).Encode(result)
	}
	return result.WriteTable(cmd.OutOrStdout())
}

// isTerminal tells whether out is one. Of the devices that are written as
// characters only the one for nothing is common besides.
func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}

func parseBenchURL(s string) (string, error) {
	_, err := bench.ParseURL(s)
	return s, err
}

func parsePID(s string) (int, error) {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 31)
	if err != nil || n == 0 {
		return 0, errors.New("want the number of a process")
	}
	return int(n), nil
}

// list is a flag that is repeated, or whose values are separated by commas.
type list[T any] struct {
	to    *[]T
	kind  string
	parse func(string) (T, error)
	text  []string
}

func (l *list[T]) Set(s string) error {
	for part := range strings.SplitSeq(s, ",") {
		one, err := l.parse(strings.TrimSpace(part))
		if err != nil {
			return err
		}
		*l.to = append(*l.to, one)
	}
	l.text = append(l.text, s)
	return nil
}

func (l *list[T]) String() string { return strings.Join(l.text, ",") }
func (l *list[T]) Type() string   { return l.kind }
