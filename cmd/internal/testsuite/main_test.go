package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func fixed(passed, failed, skipped int, err error) func(context.Context, io.Writer) (report, error) {
	return func(context.Context, io.Writer) (report, error) {
		r := report{tally: tally{passed: passed, skipped: skipped}}
		for range failed {
			r.fail("case", "why it failed")
		}
		return r, err
	}
}

func TestRunSuitesEndsWithTheCount(t *testing.T) {
	for _, tt := range []struct {
		name     string
		suites   []suite
		wantLast string
		wantCode int
	}{
		{"all passed", []suite{{"a", fixed(2, 0, 0, nil)}, {"b", fixed(3, 0, 0, nil)}}, "5 passed, 0 failed", 0},
		{"one failed", []suite{{"a", fixed(2, 1, 0, nil)}, {"b", fixed(3, 0, 0, nil)}}, "5 passed, 1 failed", 1},
		{"skipped", []suite{{"a", fixed(2, 0, 4, nil)}}, "2 passed, 0 failed, 4 skipped", 0},
		{"only skipped", []suite{{"a", fixed(0, 0, 4, nil)}}, "0 passed, 0 failed, 4 skipped", 1},
		{"no test", []suite{{"a", fixed(0, 0, 0, nil)}, {"b", fixed(3, 0, 0, nil)}}, "3 passed, 1 failed", 1},
		{"died", []suite{{"a", fixed(2, 0, 0, errors.New("killed"))}}, "2 passed, 1 failed", 1},
		{"no suite", nil, "0 passed, 0 failed", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			code := runSuites(t.Context(), tt.suites, &out)
			lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
			if last := lines[len(lines)-1]; last != tt.wantLast || code != tt.wantCode {
				t.Errorf("last line %q, code %d; want %q, %d", last, code, tt.wantLast, tt.wantCode)
			}
		})
	}
}

func TestRunSuitesShowsFailuresInFull(t *testing.T) {
	var out strings.Builder
	runSuites(t.Context(), []suite{{"a", fixed(1, 1, 0, nil)}, {"b", fixed(0, 0, 0, errors.New("no binary"))}}, &out)
	for _, want := range []string{"--- FAILED: case\nwhy it failed\n", "--- FAILED: b\nthe suite did not end well: no binary\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestRunRefusesBadArguments(t *testing.T) {
	for _, args := range [][]string{{"-nonsense"}, {"stray"}, {"-rounds", "0"}, {"-only", "nonsense"}, {"-fuzztime", "soon"}} {
		var out strings.Builder
		if code := run(t.Context(), args, &out); code != 2 {
			t.Errorf("%v: code %d, want 2", args, code)
		}
		if out.Len() == 0 {
			t.Errorf("%v: not a word why", args)
		}
	}
}

func TestOnlyKeepsTheOrder(t *testing.T) {
	suites, err := selectSuites(allSuites(options{long: true, rounds: 2}), []string{"fuzz", "vet"})
	if err != nil {
		t.Fatal(err)
	}
	if len(suites) != 2 || suites[0].name != "vet" || suites[1].name != "fuzz" {
		t.Errorf("got %v", suites)
	}
}

func TestRepeatAddsUpAndStopsAtAnError(t *testing.T) {
	r, err := repeat(3, fixed(2, 1, 1, nil))(t.Context(), io.Discard)
	if want := (tally{6, 3, 3}); err != nil || r.tally != want {
		t.Errorf("got %v, %v, want %v", r.tally, err, want)
	}
	broken := errors.New("broken")
	r, err = repeat(3, fixed(2, 0, 0, broken))(t.Context(), io.Discard)
	if want := (tally{passed: 2}); !errors.Is(err, broken) || r.tally != want {
		t.Errorf("got %v, %v, want %v and the error", r.tally, err, want)
	}
}

func TestCheckIsOneCase(t *testing.T) {
	good := check("version", ".", "go", "version").result(t.Context(), io.Discard)
	if want := (tally{passed: 1}); good.tally != want {
		t.Errorf("got %v, want %v", good.tally, want)
	}
	bad := check("nonsense", ".", "go", "nonsense").result(t.Context(), io.Discard)
	if bad.failed != 1 || !strings.Contains(bad.failures[0].output, "unknown command") {
		t.Errorf("got %+v", bad)
	}
}
