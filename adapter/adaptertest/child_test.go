package adaptertest

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
)

// child is a process that ends with its input, at the latest with the test.
type child struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	done chan struct{} // closed when it was reaped
}

// startChild runs argv in dir, with env besides this process's own, and has read take
// its output, on a goroutine of its own, until that ends.
func startChild(t testing.TB, dir string, env []string, read func(io.Reader), argv ...string) *child {
	t.Helper()
	c := &child{cmd: exec.Command(argv[0], argv[1:]...), done: make(chan struct{})}
	c.cmd.Dir = dir
	c.cmd.Env = append(os.Environ(), env...)
	var stderr bytes.Buffer
	c.cmd.Stderr = &stderr
	out, stdout, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c.cmd.Stdout = stdout
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	started := make(chan error)
	go func() {
		defer close(c.done)
		release := redistest.DieWithParent(c.cmd)
		defer release()
		err := c.cmd.Start()
		_ = stdout.Close()
		started <- err
		if err == nil {
			_ = c.cmd.Wait() // how it ends is for the test to judge
		}
	}()
	if err := <-started; err != nil {
		t.Fatalf("start %s: %v", argv[0], err)
	}
	var reader sync.WaitGroup
	reader.Go(func() { read(out) })
	t.Cleanup(func() {
		_ = c.in.Close()
		select {
		case <-c.done:
		case <-time.After(callWithin):
			t.Errorf("%s did not end with its input", argv[0])
			c.kill()
		}
		reader.Wait()
		_ = out.Close()
		if t.Failed() && stderr.Len() > 0 {
			t.Logf("%s: %s", argv[0], stderr.String())
		}
	})
	return c
}

// kill ends the process with SIGKILL.
func (c *child) kill() { _ = c.cmd.Process.Kill() }
