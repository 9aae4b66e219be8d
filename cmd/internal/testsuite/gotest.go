package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
)

// runGoRace runs the tests of every package but the end-to-end ones under the
// race detector.
func runGoRace(ctx context.Context, progress io.Writer) (report, error) {
	list, err := capture(ctx, ".", nil, "go", "list", "./...")
	if err != nil {
		return report{}, errors.New(list + err.Error())
	}
	packages := slices.DeleteFunc(strings.Fields(list), func(p string) bool {
		return strings.HasSuffix(p, strings.TrimPrefix(e2ePackage, "."))
	})
	return goTest(ctx, progress, append([]string{"-race"}, packages...)...)
}

// runGoE2E runs the end-to-end tests alone, for they count on being served in
// time, and on nodes without the race detector, as those in service are.
func runGoE2E(ctx context.Context, progress io.Writer) (report, error) {
	return goTest(ctx, progress, e2ePackage)
}

// runGoE2ERace runs them again on nodes with the race detector, whose findings
// they look for: under a real load, which no other test has. It takes building
// everything anew and several times as long.
func runGoE2ERace(ctx context.Context, progress io.Writer) (report, error) {
	return goTest(ctx, progress, "-race", e2ePackage)
}

// runFailures runs the whole matrix of failures of the adapters, each as long as is
// promised, and few at a time: the other tests have a part of it, cut short.
func runFailures(ctx context.Context, progress io.Writer) (report, error) {
	return goTest(ctx, progress, "-parallel=4", "-run=^TestFailures$", adaptersPackage, "-whole")
}

// runChaos has nodes and Redis fail at random under a chat for a minute: the other
// tests have a few seconds of it.
func runChaos(ctx context.Context, progress io.Writer) (report, error) {
	return goTest(ctx, progress, "-run=^TestChatChaos$", e2ePackage, "-chaos=1m")
}

// goTest runs go test with args. Never from the cache: the tests read what the
// go command does not know of, Node programs and the built page.
func goTest(ctx context.Context, progress io.Writer, args ...string) (report, error) {
	argv := append([]string{"go", "test", "-json", "-count=1", "-timeout=15m"}, args...)
	cmd := command(ctx, ".", nil, argv...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return report{}, err
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		return report{}, err
	}
	r, readErr := readGoTest(stdout, progress)
	err = cmd.Wait()
	var exit *exec.ExitError
	switch {
	case readErr != nil:
		return r, readErr
	case ctx.Err() != nil:
		return r, ctx.Err()
	case errors.As(err, &exit) && r.failed > 0:
		return r, nil // it says no more than the failures do
	case err != nil:
		return r, fmt.Errorf("go test: %w\n%s", err, stderr.String())
	}
	return r, nil
}

// goEvent is one line of go test -json; see "go doc test2json".
type goEvent struct {
	Action, Package, Test, Output string
	ImportPath, FailedBuild       string
	Elapsed                       float64
}

// goPackage gathers the events of one package's tests.
type goPackage struct {
	order  []string // tests in the order they started
	tests  map[string]*goCase
	output strings.Builder
	ended  bool
}

type goCase struct {
	action string // pass, fail or skip; "" until it ends
	parent bool   // has subtests, which are counted in its place
	output strings.Builder
}

// readGoTest counts the cases in the output of go test -json: the tests without
// subtests, and those with some that failed although none of these did. A
// package that fails without a failed test, by a panic, a leak or its build,
// is a failed case, and so is one whose end never came.
func readGoTest(in io.Reader, progress io.Writer) (report, error) {
	var r report
	packages := make(map[string]*goPackage)
	builds := make(map[string]*strings.Builder)
	var started []string
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF && len(line) == 0 {
			break
		}
		if err != nil && err != io.EOF {
			return r, fmt.Errorf("read go test: %w", err)
		}
		var e goEvent
		if err := json.Unmarshal(line, &e); err != nil {
			return r, fmt.Errorf("go test printed no event: %q", line)
		}
		if e.Action == "build-output" {
			if builds[e.ImportPath] == nil {
				builds[e.ImportPath] = new(strings.Builder)
			}
			builds[e.ImportPath].WriteString(e.Output)
		}
		if e.Package == "" {
			continue
		}
		p := packages[e.Package]
		if p == nil {
			p = &goPackage{tests: make(map[string]*goCase)}
			packages[e.Package] = p
			started = append(started, e.Package)
		}
		if !p.take(e) {
			continue
		}
		if b := builds[e.FailedBuild]; b != nil {
			p.output.WriteString(b.String())
		}
		one := p.count(e.Package, e.Action)
		if one.tally != (tally{}) {
			fmt.Fprintf(progress, "   %-50s %s in %.1fs\n", e.Package, one.tally, e.Elapsed)
		}
		r.add(one)
	}
	for _, name := range started {
		if p := packages[name]; !p.ended {
			r.add(p.count(name, "fail"))
		}
	}
	return r, nil
}

// take notes an event and tells whether it ends the package.
func (p *goPackage) take(e goEvent) bool {
	if e.Test == "" {
		switch e.Action {
		case "output":
			p.output.WriteString(e.Output)
		case "pass", "fail", "skip":
			p.ended = true
		}
		return p.ended
	}
	t := p.tests[e.Test]
	if t == nil {
		t = new(goCase)
		p.tests[e.Test] = t
		p.order = append(p.order, e.Test)
		for i, c := range e.Test {
			if parent := p.tests[e.Test[:i]]; c == '/' && parent != nil {
				parent.parent = true
			}
		}
	}
	switch e.Action {
	case "output":
		t.output.WriteString(e.Output)
	case "pass", "fail", "skip":
		t.action = e.Action
	}
	return false
}

// count makes the package's report; action is how the package ended.
func (p *goPackage) count(name, action string) report {
	var r report
	for _, test := range p.order {
		t := p.tests[test]
		switch {
		case t.parent && (t.action == "pass" || t.action == "skip" || p.failedWithin(test)):
		case t.action == "pass":
			r.pass()
		case t.action == "skip":
			r.skip()
		default:
			r.fail(name+"."+test, p.outputOf(test))
		}
	}
	if action == "fail" && r.failed == 0 {
		r.fail(name, p.output.String())
	}
	return r
}

// failedWithin tells whether one of a test's subtests failed or never ended.
func (p *goPackage) failedWithin(test string) bool {
	return slices.ContainsFunc(p.order, func(other string) bool {
		a := p.tests[other].action
		return strings.HasPrefix(other, test+"/") && a != "pass" && a != "skip"
	})
}

// outputOf is what the test printed, after what the tests around it did: a
// parent's set-up often says why its subtest failed.
func (p *goPackage) outputOf(test string) string {
	var out strings.Builder
	for i, c := range test {
		if parent := p.tests[test[:i]]; c == '/' && parent != nil {
			out.WriteString(parent.output.String())
		}
	}
	out.WriteString(p.tests[test].output.String())
	if p.tests[test].action == "" {
		out.WriteString("it never ended\n")
		out.WriteString(p.output.String())
	}
	return out.String()
}
