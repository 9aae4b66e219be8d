// Command nudge serves a Socket.IO chat in place of a Node server, or beside
// some, on one Redis.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"nudge/cmd/nudge/internal/settings"
)

// The exit codes.
const (
	exitOK      = 0 // done, or ended cleanly when asked to
	exitFailure = 1 // it could not be done: the port is taken, the server unhealthy
	exitUsage   = 2 // it was not said right: an unknown command or flag, a malformed value
)

func main() {
	os.Exit(run(os.Args[1:], process{
		stdout:  os.Stdout,
		stderr:  os.Stderr,
		environ: os.Environ(),
		envFile: ".env",
	}))
}

// process is what a command sees of the world around it.
type process struct {
	stdout, stderr io.Writer
	environ        []string
	envFile        string
}

// run runs the command that args spell and returns its exit code. An error is
// one line on stderr.
func run(args []string, p process) int {
	root := newRoot(p)
	root.SetArgs(args)
	err := root.ExecuteContext(context.Background())
	if err == nil {
		return exitOK
	}
	_, _ = fmt.Fprintln(p.stderr, "nudge:", oneLine(err.Error()))
	var usage *usageError
	var setting *settings.Error
	if errors.As(err, &usage) || errors.As(err, &setting) {
		return exitUsage
	}
	return exitFailure
}

// oneLine joins the lines of text.
func oneLine(text string) string {
	lines := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' })
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.Join(lines, " ")
}
