// Command compare measures Nudge beside a Node server and a bare Go server, in
// turns, and prints the ratios as a Markdown table. See ../README.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	full := flag.Bool("full", false, "the whole table, in five rounds (about three quarters of an hour)")
	rounds := flag.Int("rounds", 0, "rounds, each of which runs every server once (default 3, with -full 5)")
	only := flag.String("only", "", "works to run, by the start of their names, separated by commas")
	flag.Parse()
	if flag.NArg() > 0 {
		log.Fatalf("compare takes no argument %q; see -help", flag.Arg(0))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	command := strings.TrimSpace("task bench -- " + strings.Join(os.Args[1:], " "))
	err := run(ctx, options{full: *full, rounds: *rounds, only: *only, command: strings.TrimSuffix(command, " --")}, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

// options are what a comparison is told.
type options struct {
	full    bool
	rounds  int // 0: as full says
	only    string
	command string // as the table shows it
}

// run builds the servers, takes the rounds of each work, and writes the table.
func run(ctx context.Context, opts options, out, progress io.Writer) error {
	works, err := choose(allWorks(opts.full), opts.only)
	if err != nil {
		return err
	}
	if opts.rounds == 0 {
		opts.rounds = 3
		if opts.full {
			opts.rounds = 5
		}
	}
	scratch, err := os.MkdirTemp("", "nudge-benchmark-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	bin := filepath.Join(scratch, "bin")
	if err := build(ctx, bin); err != nil {
		return err
	}
	lab := &lab{bin: bin, scratch: scratch, progress: progress}
	var results []outcome
	for _, w := range works {
		result, failed := lab.compare(ctx, w, opts.rounds)
		if failed != nil {
			err = fmt.Errorf("%s: %w", w.name, failed)
			break // and what was measured is shown all the same
		}
		results = append(results, result)
	}
	if len(results) == 0 {
		return err
	}
	return errors.Join(writeReport(out, describeRun(context.WithoutCancel(ctx), opts), results), err)
}

// choose returns the works whose names start with one of the words in only.
func choose(works []work, only string) ([]work, error) {
	if only == "" {
		return works, nil
	}
	var chosen []work
	var names []string
	for _, w := range works {
		names = append(names, w.name)
		for word := range strings.SplitSeq(only, ",") {
			if strings.HasPrefix(w.name, strings.TrimSpace(word)) {
				chosen = append(chosen, w)
				break
			}
		}
	}
	if len(chosen) == 0 {
		return nil, errors.New("-only names none of: " + strings.Join(names, ", "))
	}
	return chosen, nil
}
