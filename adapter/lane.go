package adapter

import (
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// lane does one thing after another, in the order they were put in, on a
// goroutine that lives as long as there is something to do. Putting never waits.
type lane struct {
	log    *slog.Logger
	budget *budget

	mu      sync.Mutex
	queue   fifo[task]
	running bool
}

// task is something to do, and the bytes that it holds until it is done.
type task struct {
	run   func()
	bytes int
}

// budget bounds what waits in all lanes together, in bytes.
type budget struct {
	max  int64
	used atomic.Int64
}

func newLane(log *slog.Logger, b *budget) *lane { return &lane{log: log, budget: b} }

// put adds run, which holds so many bytes. It returns false, and drops it, where
// the budget is spent. What is larger than all of the budget is taken where nothing
// else waits: who tries again would try for ever.
func (l *lane) put(bytes int, run func()) bool {
	bytes += messageOverhead
	if used := l.budget.used.Add(int64(bytes)); used > l.budget.max && used > int64(bytes) {
		l.budget.used.Add(-int64(bytes))
		return false
	}
	l.push(task{run, bytes})
	return true
}

// always is put for what must be done, and holds nothing of the peers'.
func (l *lane) always(run func()) { l.push(task{run, 0}) }

func (l *lane) push(t task) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue.push(t)
	if !l.running {
		l.running = true
		go l.work()
	}
}

func (l *lane) work() {
	for {
		l.mu.Lock()
		if l.queue.len() == 0 {
			l.running = false
			l.mu.Unlock()
			return
		}
		next := l.queue.pop()
		l.mu.Unlock()
		l.do(next)
	}
}

// do outlives a panic of what it calls: other nodes' messages reach users'
// handlers here, and no peer may end the process.
func (l *lane) do(t task) {
	defer l.budget.used.Add(-int64(t.bytes))
	defer func() {
		if fault := recover(); fault != nil {
			l.log.Error("a handler of another node's message panicked", slog.Any("panic", fault), slog.String("stack", string(debug.Stack())))
		}
	}()
	t.run()
}
