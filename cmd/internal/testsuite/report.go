package main

import (
	"fmt"
	"io"
	"strings"
)

// tally counts test cases.
type tally struct {
	passed, failed, skipped int
}

// String is the last line of the test command.
func (t tally) String() string {
	s := fmt.Sprintf("%d passed, %d failed", t.passed, t.failed)
	if t.skipped > 0 {
		s += fmt.Sprintf(", %d skipped", t.skipped)
	}
	return s
}

// failure is a test case that failed, with all it printed.
type failure struct {
	name, output string
}

// report is what a suite, or all of them, came to.
type report struct {
	tally
	failures []failure
}

func (r *report) pass() { r.passed++ }
func (r *report) skip() { r.skipped++ }

func (r *report) fail(name, output string) {
	r.failed++
	r.failures = append(r.failures, failure{name, output})
}

func (r *report) add(o report) {
	r.passed += o.passed
	r.failed += o.failed
	r.skipped += o.skipped
	r.failures = append(r.failures, o.failures...)
}

func (r *report) printFailures(out io.Writer) {
	for _, f := range r.failures {
		fmt.Fprintf(out, "\n--- FAILED: %s\n", f.name)
		if text := strings.TrimRight(f.output, "\n"); text != "" {
			fmt.Fprintln(out, text)
		}
	}
	if len(r.failures) > 0 {
		fmt.Fprintln(out)
	}
}
