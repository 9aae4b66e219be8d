// Command testsuite runs every check and test of the project, one suite after
// another, and counts each test case. Its last line is "N passed, N failed",
// with ", N skipped" where some were; its exit code is 1 unless all passed.
//
// A suite that dies, or that runs no test at all, counts as a failure: silence
// is never taken for success.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout)
	stop()
	os.Exit(code)
}

// options are what the command line asks for.
type options struct {
	long     bool
	rounds   int
	fuzzTime time.Duration
	only     []string
}

func parse(args []string, out io.Writer) (options, error) {
	var opts options
	flags := flag.NewFlagSet("testsuite", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.BoolVar(&opts.long, "long", false, "repeat the race and end-to-end suites, and fuzz every target")
	flags.IntVar(&opts.rounds, "rounds", 10, "repetitions with -long")
	flags.DurationVar(&opts.fuzzTime, "fuzztime", time.Minute, "time for each fuzz target with -long")
	flags.Func("only", "suites to run, as name,name (repeatable)", func(names string) error {
		opts.only = append(opts.only, strings.Split(names, ",")...)
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return opts, err
	}
	if flags.NArg() > 0 {
		return opts, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if opts.rounds < 1 {
		return opts, fmt.Errorf("-rounds %d: it must be at least 1", opts.rounds)
	}
	return opts, nil
}

func run(ctx context.Context, args []string, out io.Writer) int {
	opts, err := parse(args, out)
	if err != nil {
		fmt.Fprintln(out, "testsuite:", err)
		return 2
	}
	suites, err := selectSuites(allSuites(opts), opts.only)
	if err != nil {
		fmt.Fprintln(out, "testsuite:", err)
		return 2
	}
	return runSuites(ctx, suites, out)
}

// selectSuites keeps the suites that are named, or all where none is.
func selectSuites(suites []suite, only []string) ([]suite, error) {
	if len(only) == 0 {
		return suites, nil
	}
	var names []string
	for _, s := range suites {
		names = append(names, s.name)
	}
	for _, name := range only {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("-only %q: the suites are %s", name, strings.Join(names, ", "))
		}
	}
	return slices.DeleteFunc(suites, func(s suite) bool { return !slices.Contains(only, s.name) }), nil
}

// runSuites runs suites in order, whatever fails, and returns the exit code.
func runSuites(ctx context.Context, suites []suite, out io.Writer) int {
	var total report
	for _, s := range suites {
		fmt.Fprintf(out, "== %s\n", s.name)
		start := time.Now()
		r := s.result(ctx, out)
		fmt.Fprintf(out, "   %s in %s\n", r.tally, time.Since(start).Round(100*time.Millisecond))
		total.add(r)
	}
	total.printFailures(out)
	fmt.Fprintln(out, total.tally)
	if total.failed > 0 || total.passed == 0 {
		return 1
	}
	return 0
}
