package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// patience is how long a server may take to start, and to end.
const patience = 20 * time.Second

// directory is where the servers' sources are.
func directory() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(file))
}

// build builds all Go programs of a comparison into bin.
func build(ctx context.Context, bin string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", bin+string(filepath.Separator),
		"nudge/cmd/nudge", "nudge/examples/benchmark/bare", "nudge/examples/benchmark/echo",
		"nudge/examples/benchmark/members", "nudge/examples/benchmark/publish")
	cmd.Dir = directory()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building the servers: %w\n%s", err, out)
	}
	return nil
}

func (l *lab) binary(name string) string { return filepath.Join(l.bin, name) }

// started is a server that runs.
type started struct {
	addr string
	pid  int
}

// start starts a server, or the two nodes of one and their Redis. stop ends
// all of it, also where start failed.
func (l *lab) start(ctx context.Context, server string, w work) (nodes []started, stop func(), err error) {
	group := &processes{}
	if server != twoNodes && !w.joined {
		n, err := group.start(ctx, l.command(server, w))
		return []started{n}, group.stop, err
	}
	redis, err := l.startRedis(ctx, group)
	if err != nil {
		return nil, group.stop, err
	}
	for range 2 {
		n, err := group.start(ctx, l.command(server, w, "REDIS_URL="+redis))
		if err != nil {
			return nil, group.stop, err
		}
		nodes = append(nodes, n)
	}
	return nodes, group.stop, nil
}

// startRedis starts a Redis, and returns its URL.
func (l *lab) startRedis(ctx context.Context, group *processes) (string, error) {
	redis, err := group.start(ctx, func(host, port string) *exec.Cmd {
		return exec.Command("redis-server", "--bind", host, "--port", port, "--save", "", "--dir", l.scratch)
	})
	return "redis://" + redis.addr, err
}

// command returns what starts a server on a port.
func (l *lab) command(server string, w work, environ ...string) func(host, port string) *exec.Cmd {
	return func(host, port string) *exec.Cmd {
		addr := net.JoinHostPort(host, port)
		var cmd *exec.Cmd
		switch {
		case server == node:
			cmd = exec.Command("node", filepath.Join(directory(), "node", "server.mjs"))
			if w.joined {
				environ = append(environ, "ADAPTER=classic")
			}
		case server == bare:
			cmd = exec.Command(l.binary("bare"), "-addr", addr)
		case server == batching:
			cmd = exec.Command(l.binary("bare"), "-addr", addr, "-batch")
		case w.joined:
			cmd = exec.Command(l.binary("echo"), "-addr", addr, "-redis", redisOf(environ))
		case w.args[0] == "echo":
			cmd = exec.Command(l.binary("echo"), "-addr", addr)
		default:
			cmd = exec.Command(l.binary("nudge"), "serve", "--log-level", "warn")
		}
		// Nothing that the user's shell sets for a server of theirs.
		cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOST=" + host, "NUDGE_HOST=" + host, "PORT=" + port}, environ...)
		cmd.Dir = l.scratch
		return cmd
	}
}

// redisOf is the Redis that an environment names.
func redisOf(environ []string) string {
	for _, e := range environ {
		if url, is := strings.CutPrefix(e, "REDIS_URL="); is {
			return url
		}
	}
	return ""
}

// processes are the servers that run.
type processes struct{ stops []func() }

// start starts a server on a free port, and waits until it takes connections.
func (p *processes) start(ctx context.Context, command func(host, port string) *exec.Cmd) (started, error) {
	addr, err := freeAddr()
	if err != nil {
		return started{}, err
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return started{}, err
	}
	cmd := command(host, port)
	var said bytes.Buffer // by the process, and read when it has ended
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		return started{}, err
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ended does not matter, but that it did
		close(ended)
	}()
	p.stops = append(p.stops, func() { end(cmd, ended) })
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr); err == nil {
			return started{addr, cmd.Process.Pid}, conn.Close()
		}
		select {
		case <-ended:
			return started{}, fmt.Errorf("it ended: %s", bytes.TrimSpace(said.Bytes()))
		case <-ctx.Done():
			return started{}, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return started{}, errors.New("it did not start in time")
}

// stop ends the servers, the last first.
func (p *processes) stop() {
	for len(p.stops) > 0 {
		last := len(p.stops) - 1
		p.stops[last]()
		p.stops = p.stops[:last]
	}
}

// end asks a process to end, and makes it where it takes too long.
func end(cmd *exec.Cmd, ended <-chan struct{}) {
	_ = cmd.Process.Signal(syscall.SIGTERM) // fails where it has ended
	select {
	case <-ended:
	case <-time.After(patience):
		_ = cmd.Process.Kill()
		<-ended
	}
}

// freeAddr is an address that nobody listened on a moment ago.
func freeAddr() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}
