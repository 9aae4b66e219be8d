package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// errNothing means that a run came to no figure.
var errNothing = errors.New("nothing was measured")

// sample is what nudge bench --json tells, as far as it is used here.
type sample struct {
	Count            float64
	Seconds          float64
	Refused          int
	Dropped          int
	Lost             int
	Doubled          int
	Reordered        int
	RSSPerConnection float64 `json:"rss_per_connection"`
	GeneratorCPU     float64 `json:"generator_cpu_seconds"`
	Interrupted      bool
	Latency          struct {
		P99 float64 `json:"p99_ms"`
	}
	Servers []struct {
		User   float64 `json:"user_seconds"`
		System float64 `json:"system_seconds"`
	}
}

func (r sample) user() (seconds float64) {
	for _, s := range r.Servers {
		seconds += s.User
	}
	return seconds
}

func (r sample) system() (seconds float64) {
	for _, s := range r.Servers {
		seconds += s.System
	}
	return seconds
}

// cpu is seconds for each unit of work, in microseconds.
func (r sample) cpu(seconds float64) float64 { return seconds / r.Count * 1e6 }

func (r sample) faults() int { return r.Refused + r.Dropped + r.Lost + r.Doubled + r.Reordered }

// outcome is all runs of a work, by server.
type outcome struct {
	work work
	runs map[string][]sample
}

// median is the middle of a measure over a server's runs.
func (o outcome) median(server string, of func(sample) float64) float64 {
	var values []float64
	for _, r := range o.runs[server] {
		values = append(values, of(r))
	}
	slices.Sort(values)
	n := len(values)
	if n == 0 {
		return 0
	}
	return (values[(n-1)/2] + values[n/2]) / 2
}

// lab runs the rounds.
type lab struct {
	bin      string // directory of the binaries
	scratch  string
	progress io.Writer
}

// compare takes the servers in turn, each round from another one on: what else
// the machine does then falls on all of them alike.
func (l *lab) compare(ctx context.Context, w work, rounds int) (outcome, error) {
	result := outcome{work: w, runs: map[string][]sample{}}
	for round := range rounds {
		for i := range w.servers {
			server := w.servers[(round+i)%len(w.servers)]
			r, err := l.measure(ctx, w, server)
			if err != nil {
				return outcome{}, fmt.Errorf("%s: %w", server, err)
			}
			result.runs[server] = append(result.runs[server], r)
			first := w.measures[0]
			_, _ = fmt.Fprintf(l.progress, "%s, round %d of %d: %s: %s %s, faults %d, generator at %.0f %%\n", // for who watches
				w.name, round+1, rounds, server, figure(first.of(r), first.unit), first.name, r.faults(), 100*r.GeneratorCPU/r.Seconds)
		}
	}
	return result, nil
}

// measure starts a server, loads it, and ends it.
func (l *lab) measure(ctx context.Context, w work, server string) (r sample, err error) {
	load := l.load
	if w.alone != "" {
		load = l.loadAlone
	}
	out, err := load(ctx, w, server)
	if err != nil {
		return sample{}, err
	}
	if err := json.Unmarshal(out, &r); err != nil {
		return sample{}, fmt.Errorf("the generator's output: %w", err)
	}
	if r.Interrupted {
		return sample{}, context.Canceled
	}
	if r.Count == 0 || r.Seconds == 0 {
		return sample{}, fmt.Errorf("%w: %s", errNothing, out)
	}
	return r, nil
}

// load has nudge bench load a server.
func (l *lab) load(ctx context.Context, w work, server string) ([]byte, error) {
	nodes, stop, err := l.start(ctx, server, w)
	defer stop()
	if err != nil {
		return nil, err
	}
	args := append([]string{"bench"}, w.args...)
	for _, n := range nodes {
		args = append(args, "--url", "http://"+n.addr, "--pid", fmt.Sprint(n.pid))
	}
	return output(ctx, l.binary("nudge"), append(args, "--json")...)
}

// loadAlone runs a program that loads itself, beside a Redis.
func (l *lab) loadAlone(ctx context.Context, w work, server string) ([]byte, error) {
	group := &processes{}
	defer group.stop()
	redis, err := l.startRedis(ctx, group)
	if err != nil {
		return nil, err
	}
	program, args := l.binary(w.alone), []string{"--redis", redis}
	switch server {
	case node:
		program, args = "node", []string{filepath.Join(directory(), "node", w.alone+".mjs"), "--redis", redis}
	case fromRedis:
		args = append(args, "--remote")
	}
	return output(ctx, program, append(args, w.args...)...)
}

// output runs a program to its end, and returns what it printed. Its error has
// what it said was wrong.
func output(ctx context.Context, program string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w %s", program, err, bytes.TrimSpace(stderr.Bytes()))
	}
	return out, nil
}
