package bench

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrNoProcess means that there is no process of that number to measure.
var ErrNoProcess = errors.New("no such process")

// usage is what a process has used.
type usage struct {
	user, system time.Duration
	rss          int64 // bytes, now
}

// meter follows the CPU and memory of the server's processes.
type meter struct {
	pids   []int
	before []usage // before the first connection
	mu     sync.Mutex
	peak   []int64
}

// newMeter reads the processes once.
func newMeter(pids []int) (*meter, error) {
	m := &meter{pids: pids, peak: make([]int64, len(pids))}
	var err error
	m.before, err = m.read()
	return m, err
}

func (m *meter) read() ([]usage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make([]usage, len(m.pids))
	for i, pid := range m.pids {
		var err error
		if all[i], err = readProcess(pid); err != nil {
			return nil, err
		}
		m.peak[i] = max(m.peak[i], all[i].rss)
	}
	return all, nil
}

// watch looks for peaks of memory until ctx ends.
func (m *meter) watch(ctx context.Context) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if _, err := m.read(); err != nil {
				return // the end of the run reports it
			}
		}
	}
}

// reading is the processes and this one at a moment.
type reading struct {
	server []usage
	own    time.Duration // CPU of the generator
	at     time.Time
}

func (m *meter) reading() (reading, error) {
	server, err := m.read()
	return reading{server: server, own: ownCPU(), at: time.Now()}, err
}

// report says in r what was used between two readings.
func (m *meter) report(r *Result, from, to reading) {
	r.Seconds = to.at.Sub(from.at).Seconds()
	r.GeneratorCPU = (to.own - from.own).Seconds()
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, pid := range m.pids {
		r.Servers = append(r.Servers, Process{
			PID:       pid,
			User:      (to.server[i].user - from.server[i].user).Seconds(),
			System:    (to.server[i].system - from.server[i].system).Seconds(),
			RSSBefore: m.before[i].rss,
			RSSPeak:   m.peak[i],
			RSSAfter:  to.server[i].rss,
		})
	}
}
