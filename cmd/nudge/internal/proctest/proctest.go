// Package proctest builds the nudge binary once and runs it as a user would,
// for tests that look at it from outside.
package proctest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take before a test gives up on it.
const patience = 10 * time.Second

// built is the directory of the binary, and what building it came to.
var built struct {
	once sync.Once
	dir  string
	err  error
}

// Binary returns the path of the nudge binary, which the first call builds.
func Binary(t testing.TB) string {
	t.Helper()
	built.once.Do(func() { built.dir, built.err = build() })
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(built.dir, "nudge")
}

// build builds the binary in a directory that outlives any one test.
func build() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "nudge-test-"); err != nil {
		return "", err
	}
	if out, err := exec.Command("go", "build", "-o", dir, "nudge/cmd/nudge").CombinedOutput(); err != nil {
		return dir, fmt.Errorf("building nudge: %w\n%s", err, out)
	}
	return dir, nil
}

// Cleanup removes the binary. It is called when all tests are done.
func Cleanup() {
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
}

// Options are what a process is started with besides its arguments.
type Options struct {
	// Environ is the whole environment.
	Environ []string
	// EnvFile is the text of a .env file in its working directory; "" is none.
	EnvFile string
	// Dir is its working directory. Default: an empty one of its own.
	Dir string
}

// Process is a nudge that runs, or has run.
type Process struct {
	t      testing.TB
	cmd    *exec.Cmd
	stdout buffer
	stderr buffer
	done   chan struct{} // closed once it ended
}

// Start starts nudge. It is killed, if it still runs, when the test ends.
func Start(t testing.TB, opts Options, args ...string) *Process {
	t.Helper()
	p := &Process{t: t, cmd: exec.Command(Binary(t), args...), done: make(chan struct{})}
	if p.cmd.Dir = opts.Dir; opts.Dir == "" {
		p.cmd.Dir = t.TempDir()
	}
	if opts.EnvFile != "" {
		if err := os.WriteFile(filepath.Join(p.cmd.Dir, ".env"), []byte(opts.EnvFile), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p.cmd.Env = append([]string{}, opts.Environ...) // not nil: that would inherit the test's own
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait() // ExitCode has what it says
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.done
		if t.Failed() {
			t.Logf("nudge %q\nstdout: %s\nstderr: %s", args, p.Stdout(), p.Stderr())
		}
	})
	return p
}

// Stdout returns what the process has written to stdout.
func (p *Process) Stdout() string { return p.stdout.String() }

// Stderr returns what the process has written to stderr.
func (p *Process) Stderr() string { return p.stderr.String() }

// PID returns the number of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Signal sends the process a signal.
func (p *Process) Signal(sig syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.t.Fatalf("sending %s: %v", sig, err)
	}
}

// Wait waits for the end of the process and returns its exit code, -1 if a
// signal ended it.
func (p *Process) Wait() int {
	p.t.Helper()
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		p.t.Fatalf("the process still runs after %s", patience)
		return 0
	}
}

// Line waits for a line on stderr that match accepts, and returns it.
func (p *Process) Line(what string, match func(line string) bool) string {
	p.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		ended := p.ended()
		for line := range strings.Lines(p.Stderr()) {
			if strings.HasSuffix(line, "\n") && match(strings.TrimSuffix(line, "\n")) {
				return strings.TrimSuffix(line, "\n")
			}
		}
		if ended || time.Now().After(deadline) {
			p.t.Fatalf("no line on stderr with %s (process ended: %t)", what, ended)
		}
	}
}

func (p *Process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// buffer is a bytes.Buffer that may be read while it is written.
type buffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *buffer) Write(data []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(data)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
