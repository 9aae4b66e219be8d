package bench

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// bar shows on a terminal how far a run is. A nil bar shows nothing.
type bar struct {
	out  io.Writer
	mu   sync.Mutex
	what string
	far  func() (share float64, note string)
	stop chan struct{}
	done sync.WaitGroup
}

func newBar(out io.Writer) *bar {
	if out == nil {
		return nil
	}
	b := &bar{out: out, stop: make(chan struct{})}
	b.done.Go(b.run)
	return b
}

// phase starts a part of the run, whose progress far tells.
func (b *bar) phase(what string, far func() (share float64, note string)) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.what, b.far = what, far
}

// timed is the progress of something that takes as long as total.
func timed(total time.Duration, note func() string) func() (float64, string) {
	start := time.Now()
	return func() (float64, string) { return time.Since(start).Seconds() / total.Seconds(), note() }
}

func (b *bar) run() {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-b.stop:
			_, _ = io.WriteString(b.out, "\r\x1b[K") // leaves an empty line
			return
		case <-tick.C:
			_, _ = io.WriteString(b.out, b.line())
		}
	}
}

func (b *bar) line() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.far == nil {
		return ""
	}
	const width = 30
	share, note := b.far()
	share = min(max(share, 0), 1)
	full := int(share * width)
	return fmt.Sprintf("\r%-10s [%s%s] %3.0f%%  %s\x1b[K",
		b.what, strings.Repeat("#", full), strings.Repeat(" ", width-full), share*100, note)
}

func (b *bar) close() {
	if b == nil {
		return
	}
	close(b.stop)
	b.done.Wait()
}
