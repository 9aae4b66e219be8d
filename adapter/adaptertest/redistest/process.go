//go:build unix

package redistest

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// process is a child that is reaped as soon as it ends.
type process struct {
	pid  int
	done chan struct{} // closed when it has been reaped
	out  *bytes.Buffer // read after done only
}

// startProcess runs a child that dies with the test binary where the system
// can do that, so that a test that panics leaves no server behind.
func startProcess(bin string, args []string) (*process, error) {
	p := &process{done: make(chan struct{}), out: new(bytes.Buffer)}
	started := make(chan error)
	go func() {
		defer close(p.done)
		cmd := exec.Command(bin, args...)
		cmd.Stdout, cmd.Stderr = p.out, p.out
		release := DieWithParent(cmd)
		defer release()
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		p.pid = cmd.Process.Pid
		started <- nil
		_ = cmd.Wait() // the signal that ended it is no news
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

func (p *process) end(sig syscall.Signal) error {
	select {
	case <-p.done:
		return nil // gone already, and its pid may be another's
	default:
	}
	if err := syscall.Kill(p.pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(readyWithin):
		return fmt.Errorf("process %d did not end within %s of %s", p.pid, readyWithin, sig)
	}
}

func (p *process) output() string {
	<-p.done
	return strings.TrimSpace(p.out.String())
}
