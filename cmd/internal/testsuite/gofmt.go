package main

import (
	"context"
	"errors"
	"io"
)

// runGofmt is one case: no Go file would be changed.
func runGofmt(ctx context.Context, _ io.Writer) (report, error) {
	var r report
	files, err := goFiles(".")
	if err != nil {
		return r, err
	}
	if len(files) == 0 {
		return r, errors.New("no Go file found: run it in the project's root")
	}
	output, err := capture(ctx, ".", nil, append([]string{"gofmt", "-l"}, files...)...)
	switch {
	case err != nil:
		return r, errors.New(output + err.Error())
	case output != "":
		r.fail("gofmt", "not formatted, run gofmt -w on them:\n"+output)
	default:
		r.pass()
	}
	return r, nil
}
