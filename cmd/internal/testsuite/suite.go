package main

import (
	"context"
	"fmt"
	"io"
)

// lintCommand pins the linter, so that a new version's opinion is a change of
// this line and not of the weather.
const lintCommand = "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0"

// e2ePackage holds the end-to-end tests.
const e2ePackage = "./server/e2e"

// adaptersPackage holds the tests of all adapters, with their matrix of failures.
const adaptersPackage = "./adapter/adaptertest"

// suite is one part of the test command. Its run returns an error when it could
// not come to a result.
type suite struct {
	name string
	run  func(ctx context.Context, progress io.Writer) (report, error)
}

// result runs the suite and turns everything that is no proof of success, an
// error or the absence of any test, into a failure.
func (s suite) result(ctx context.Context, progress io.Writer) report {
	r, err := s.run(ctx, progress)
	switch {
	case err != nil:
		r.fail(s.name, fmt.Sprintf("the suite did not end well: %v", err))
	case r.tally == tally{}:
		r.fail(s.name, "the suite ran no test")
	}
	return r
}

// allSuites are the suites in order, the quick ones first.
func allSuites(opts options) []suite {
	rounds := 1
	if opts.long {
		rounds = opts.rounds
	}
	suites := []suite{
		{"gofmt", runGofmt},
		check("vet", ".", "go", "vet", "./..."),
		check("lint", ".", "go", "run", lintCommand, "run"),
		check("page lint", "frontend", "npm", "run", "--silent", "lint"),
		check("page types", "frontend", "npm", "run", "--silent", "typecheck"),
		{"page units", runVitest},
		{"go", repeat(rounds, runGoRace)},
		{"e2e", repeat(rounds, runGoE2E)},
		{"page browser", repeat(rounds, runPlaywright)},
	}
	if opts.long {
		suites = append(suites,
			suite{"failures", runFailures},
			suite{"chaos", runChaos},
			suite{"page long", runPlaywrightLong},
			suite{"e2e race", runGoE2ERace},
			suite{"fuzz", fuzzAll(opts.fuzzTime)},
		)
	}
	return suites
}

// check is a suite of one case: a command that must exit with 0.
func check(name, dir string, argv ...string) suite {
	return suite{name, func(ctx context.Context, _ io.Writer) (report, error) {
		var r report
		if output, err := capture(ctx, dir, nil, argv...); err != nil {
			r.fail(name, fmt.Sprintf("%s%v\n", output, err))
		} else {
			r.pass()
		}
		return r, nil
	}}
}

// repeat runs a suite several times and adds its results up, so that a case
// that fails now and then is seen.
func repeat(rounds int, run func(context.Context, io.Writer) (report, error)) func(context.Context, io.Writer) (report, error) {
	return func(ctx context.Context, progress io.Writer) (report, error) {
		var total report
		for round := range rounds {
			if rounds > 1 {
				fmt.Fprintf(progress, "   round %d of %d\n", round+1, rounds)
			}
			r, err := run(ctx, progress)
			total.add(r)
			if err != nil {
				return total, err
			}
		}
		return total, nil
	}
}
