package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// runVitest runs the page's unit tests.
func runVitest(ctx context.Context, _ io.Writer) (report, error) {
	return withJSON(ctx, readVitest, nil, func(file string) []string {
		return []string{"npm", "run", "--silent", "test", "--", "--reporter=default", "--reporter=json", "--outputFile=" + file}
	})
}

// runPlaywright runs the page's tests in a real browser.
func runPlaywright(ctx context.Context, _ io.Writer) (report, error) { return playwright(ctx) }

// runPlaywrightLong runs those that take minutes, and no others.
func runPlaywrightLong(ctx context.Context, _ io.Writer) (report, error) {
	return playwright(ctx, "NUDGE_E2E_LONG=1")
}

// playwright runs tests against the binary that the build task left in bin/.
func playwright(ctx context.Context, choice ...string) (report, error) {
	binary, err := filepath.Abs("bin/nudge")
	if err != nil {
		return report{}, err
	}
	if _, err := os.Stat(binary); err != nil {
		return report{}, fmt.Errorf("%w: build it first (task build)", err)
	}
	env := func(file string) []string {
		return append(choice, "E2E_JSON="+file, "NUDGE_BIN="+binary, "CI=1")
	}
	return withJSON(ctx, readPlaywright, env, func(string) []string {
		return []string{"npm", "run", "--silent", "e2e"}
	})
}

// withJSON runs a command of the page that writes its result to a file, and
// reads that. A command that fails although its result says nothing of it is an
// error.
func withJSON(ctx context.Context, read func(io.Reader) (report, error), env, argv func(file string) []string) (report, error) {
	dir, err := os.MkdirTemp("", "testsuite-")
	if err != nil {
		return report{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "result.json")
	var environment []string
	if env != nil {
		environment = env(file)
	}
	output, cmdErr := capture(ctx, "frontend", environment, argv(file)...)
	f, err := os.Open(file)
	if err != nil {
		return report{}, fmt.Errorf("no result was written: %w (%w)\n%s", err, cmdErr, output)
	}
	defer func() { _ = f.Close() }()
	r, err := read(f)
	if err == nil && cmdErr != nil && r.failed == 0 {
		err = fmt.Errorf("%w\n%s", cmdErr, output)
	}
	return r, err
}

// readVitest counts the cases in the result of Vitest's json reporter, which is
// Jest's. A file that fails without a case, as one that does not load, is one.
func readVitest(in io.Reader) (report, error) {
	var result struct {
		TestResults []struct {
			Name, Status, Message string
			AssertionResults      []struct {
				FullName, Status string
				FailureMessages  []string
			}
		}
	}
	if err := json.NewDecoder(in).Decode(&result); err != nil {
		return report{}, fmt.Errorf("vitest's result: %w", err)
	}
	var r report
	for _, file := range result.TestResults {
		before := r.failed
		for _, c := range file.AssertionResults {
			switch c.Status {
			case "passed":
				r.pass()
			case "skipped", "pending", "todo", "disabled":
				r.skip()
			default:
				r.fail(file.Name+": "+c.FullName, strings.Join(c.FailureMessages, "\n"))
			}
		}
		if file.Status != "passed" && r.failed == before {
			r.fail(file.Name, file.Message)
		}
	}
	return r, nil
}

// playwrightSuite is a file or a group in the result of Playwright's json
// reporter.
type playwrightSuite struct {
	Title string
	Specs []struct {
		Title, File string
		Tests       []struct {
			ProjectName, Status string
			Results             []struct {
				Status         string
				Errors         []playwrightError
				Stdout, Stderr []struct{ Text string }
			}
		}
	}
	Suites []playwrightSuite
}

type playwrightError struct{ Message string }

// readPlaywright counts the cases in the result of Playwright's json reporter.
// A case that passed only when it was tried again counts as failed.
func readPlaywright(in io.Reader) (report, error) {
	var result struct {
		Suites []playwrightSuite
		Errors []playwrightError
	}
	if err := json.NewDecoder(in).Decode(&result); err != nil {
		return report{}, fmt.Errorf("playwright's result: %w", err)
	}
	var r report
	for _, s := range result.Suites {
		s.count(&r, "")
	}
	var errs []error
	for _, e := range result.Errors {
		errs = append(errs, errors.New(e.Message))
	}
	return r, errors.Join(errs...)
}

func (s playwrightSuite) count(r *report, within string) {
	within += s.Title + " › "
	for _, spec := range s.Specs {
		for _, test := range spec.Tests {
			switch test.Status {
			case "expected":
				r.pass()
				continue
			case "skipped":
				r.skip()
				continue
			}
			var output strings.Builder
			for _, attempt := range test.Results {
				fmt.Fprintf(&output, "%s (%s)\n", attempt.Status, test.Status)
				for _, e := range attempt.Errors {
					fmt.Fprintln(&output, e.Message)
				}
				for _, printed := range append(attempt.Stdout, attempt.Stderr...) {
					output.WriteString(printed.Text)
				}
			}
			r.fail(within+spec.Title, output.String())
		}
	}
	for _, inner := range s.Suites {
		inner.count(r, within)
	}
}
