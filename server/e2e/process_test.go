package e2e

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
)

// startWithin is how long a server may take to come up, endWithin to go, on a
// busy machine.
const (
	startWithin = 30 * time.Second
	endWithin   = 15 * time.Second
)

// process is a child that is reaped as soon as it ends, and ended with its test.
type process struct {
	name string
	cmd  *exec.Cmd
	done chan struct{} // closed when it was reaped
	out  output
	err  error // how it ended; read after done only
}

// start runs argv in dir with PATH, HOME and env only: the settings of whoever
// runs the tests must not become the child's. A failed test shows its output.
func start(t *testing.T, name, dir string, stdin io.Reader, stdout io.Writer, env []string, argv ...string) *process {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, env...)
	cmd.Stdin = stdin
	p := &process{name: name, cmd: cmd, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &p.out, &p.out
	if stdout != nil {
		cmd.Stdout = stdout
	}
	started := make(chan error)
	go func() {
		defer close(p.done)
		release := redistest.DieWithParent(cmd)
		defer release()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	t.Cleanup(func() {
		p.stop(t)
		if strings.Contains(p.out.String(), "WARNING: DATA RACE") {
			t.Errorf("%s has a data race", name)
		}
		if t.Failed() {
			t.Logf("output of %s:\n%s", name, p.out.tail())
		}
	})
	return p
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// stop ends the process as an administrator would, with SIGTERM. It does
// nothing to one that has ended.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if p.ended() {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(endWithin):
		t.Errorf("%s did not end within %s of SIGTERM", p.name, endWithin)
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// wait returns when the process has ended by itself, and fails the test if it
// has not within the time or not with exit code 0.
func (p *process) wait(t *testing.T, within time.Duration) {
	t.Helper()
	select {
	case <-p.done:
		if p.err != nil {
			t.Fatalf("%s: %v\n%s", p.name, p.err, p.out.tail())
		}
	case <-time.After(within):
		t.Fatalf("%s did not end within %s\n%s", p.name, within, p.out.tail())
	}
}

// output is what a process printed so far.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

func (o *output) lines() []string { return strings.Split(o.String(), "\n") }

// tail is the end of the output, as much as is of use in a test's log.
func (o *output) tail() string {
	const most = 8 << 10
	s := o.String()
	return s[max(0, len(s)-most):]
}

// eventually polls until the condition holds, and fails the test if it does not
// within the time.
func eventually(t *testing.T, within time.Duration, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s", what, within)
		}
	}
}
