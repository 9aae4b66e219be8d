package main

import (
	"context"
	"errors"
	"io"
	"strings"
)

// runGofmt counts every Go file as a case.
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
	if err != nil {
		return r, errors.New(output + err.Error())
	}
	unformatted := strings.Fields(output)
	for _, file := range unformatted {
		r.fail(file, "not formatted: run gofmt -w "+file)
	}
	r.passed = len(files) - len(unformatted)
	return r, nil
}
