package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// patience is how long something may take that takes a moment.
const patience = 10 * time.Second

// membersProcess is the members' process, as the node has it. It is told how many
// broadcasts to expect, a line each time, and answers with how many deliveries came.
type membersProcess struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// startMembers starts it, and waits until all members are connected.
func startMembers(ctx context.Context, load options, url string) (*membersProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "--join", url, "--redis", load.redis, fmt.Sprintf("--remote=%v", load.remote),
		"--members", strconv.Itoa(load.members), "--rate", strconv.Itoa(load.rate), "--size", strconv.Itoa(load.size))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	m := &membersProcess{cmd: cmd, in: in, out: bufio.NewReader(out)}
	if _, err := m.delivered(); err != nil {
		_ = m.end() // it has said why
		return nil, fmt.Errorf("the members: %w", err)
	}
	return m, nil
}

// expect tells how many broadcasts come next.
func (m *membersProcess) expect(n int) error {
	_, err := fmt.Fprintln(m.in, n)
	return err
}

// delivered waits for how many deliveries came of them.
func (m *membersProcess) delivered() (n int, err error) {
	_, err = fmt.Fscanln(m.out, &n)
	return n, err
}

// end ends the process.
func (m *membersProcess) end() error {
	_ = m.in.Close() // it ends where there is nothing more to read, or has ended
	return m.cmd.Wait()
}
