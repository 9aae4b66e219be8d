package adapter

import (
	"sync"
	"time"
)

// anyNode stands for an errand that any node can be asked for.
const anyNode = ""

// errands are under way to nodes, one at a time to each. A node where one has failed is
// left alone for a while.
type errands struct {
	mu    sync.Mutex
	under map[string]bool
	rest  map[string]time.Time // until when
}

func newErrands() *errands {
	return &errands{under: map[string]bool{}, rest: map[string]time.Time{}}
}

// begin reports whether an errand may begin, which then is under way.
func (e *errands) begin(to string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.under[to] || time.Now().Before(e.rest[to]) {
		return false
	}
	e.under[to] = true
	delete(e.rest, to)
	return true
}

// end ends one.
func (e *errands) end(to string, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.under, to)
	if err != nil {
		e.rest[to] = time.Now().Add(shardRetry)
	}
}
