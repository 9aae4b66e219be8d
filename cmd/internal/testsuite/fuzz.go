package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// fuzzTarget is one Fuzz function.
type fuzzTarget struct {
	pkg, name string
}

// fuzzAll is a suite that fuzzes every target there is for a time each; each
// target is a case.
func fuzzAll(each time.Duration) func(context.Context, io.Writer) (report, error) {
	return func(ctx context.Context, progress io.Writer) (report, error) {
		var r report
		list, err := capture(ctx, ".", nil, "go", "test", "-json", "-list", "^Fuzz", "./...")
		if err != nil {
			return r, errors.New(list + err.Error())
		}
		targets, err := readFuzzTargets(strings.NewReader(list))
		if err != nil {
			return r, err
		}
		for _, target := range targets {
			name := target.pkg + "." + target.name
			fmt.Fprintf(progress, "   %s for %s\n", name, each)
			// Go minimizes what it finds for a minute by default, through the end of
			// a short time for fuzzing, which it then reports as a failure.
			output, err := capture(ctx, ".", nil, "go", "test", "-run=^$", "-fuzzminimizetime=10x",
				"-fuzz=^"+target.name+"$", "-fuzztime="+each.String(), target.pkg)
			if err != nil {
				r.fail(name, fmt.Sprintf("%s%v\n", output, err))
			} else {
				r.pass()
			}
		}
		return r, nil
	}
}

// readFuzzTargets reads the output of go test -json -list.
func readFuzzTargets(in io.Reader) ([]fuzzTarget, error) {
	var targets []fuzzTarget
	events := json.NewDecoder(in)
	for {
		var e goEvent
		switch err := events.Decode(&e); {
		case errors.Is(err, io.EOF):
			return targets, nil
		case err != nil:
			return nil, fmt.Errorf("list of fuzz targets: %w", err)
		}
		name := strings.TrimSpace(e.Output)
		target := fuzzTarget{e.Package, name}
		// A package whose TestMain runs its tests twice lists them twice.
		if e.Action == "output" && strings.HasPrefix(name, "Fuzz") && !slices.Contains(targets, target) {
			targets = append(targets, target)
		}
	}
}
