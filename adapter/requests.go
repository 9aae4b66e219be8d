package adapter

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrIncomplete means that not all nodes of the cluster have answered in time. What
// comes with it is what the others did. The error is an [*IncompleteError].
var ErrIncomplete = errors.New("not all nodes have answered")

// IncompleteError says how many nodes of the cluster have answered, and which have
// not where that is known. It wraps [ErrIncomplete].
type IncompleteError struct {
	// Request is what was asked: "fetchSockets", "serverSideEmit", "allRooms".
	Request string
	// Expected is how many answers there should have been, Answered how many there
	// were, this node's own aside. A node counts that was there in the last two seconds
	// and is not now: it may be on its way back to Redis.
	Expected, Answered int
	// Missing are the ids of the nodes that did not answer. The classic adapter's
	// answers do not say whose they are, so that it knows none.
	Missing []string
	// Cause is why, where it is not the time: [ErrClosed] for one.
	Cause error
}

// Error says all of it.
func (e *IncompleteError) Error() string {
	text := fmt.Sprintf("%s: %s: %d of %d", e.Request, ErrIncomplete, e.Answered, e.Expected)
	if len(e.Missing) > 0 {
		text += fmt.Sprintf(", missing %q", e.Missing)
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap lets errors.Is find ErrIncomplete and the cause.
func (e *IncompleteError) Unwrap() []error {
	if e.Cause == nil {
		return []error{ErrIncomplete}
	}
	return []error{ErrIncomplete, e.Cause}
}

// partial is the error of a request that not all have answered, and counts it; nil where
// all have. why is what it has ended with before, if anything.
func (c *Cluster) partial(name string, expected, answered int, why error) error {
	if why == nil && answered >= expected {
		return nil
	}
	c.pubsub.count.incomplete.Add(1)
	err := &IncompleteError{Request: name, Expected: expected, Answered: answered}
	if !errors.Is(why, ErrIncomplete) {
		err.Cause = why
	}
	return err
}

// requests are those of one adapter that wait for answers of other nodes. Each
// ends: with its last answer, with its time, or with the adapter.
type requests struct {
	count *clusterCounters

	mu      sync.Mutex
	pending map[string]*request
	closed  bool
}

// request waits for answers. Its functions are called one at a time and in order,
// in its lane.
type request struct {
	// answer takes one, and says whether it was the last.
	answer func(message any) (last bool)
	// end is called once, behind the last answer: with nil, with ErrIncomplete when
	// the time is up, with ErrClosed when the adapter closes. May be nil.
	end func(error)

	lane  *lane
	timer *time.Timer
	once  sync.Once
}

func newRequests(count *clusterCounters) *requests {
	return &requests{count: count, pending: map[string]*request{}}
}

// add has r wait under id, for so long.
func (t *requests) add(id string, wait time.Duration, r *request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		r.finish(ErrClosed)
		return
	}
	t.pending[id] = r
	r.timer = time.AfterFunc(wait, func() {
		if t.remove(id) {
			r.finish(ErrIncomplete)
		}
	})
}

// has reports whether a request of this id waits.
func (t *requests) has(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.pending[id] != nil
}

// answered hands a message of so many bytes to the request it answers. What nobody
// waits for, any more, is ignored: it comes late, or twice, or is another node's.
func (t *requests) answered(id string, bytes int, message any) {
	t.mu.Lock()
	r := t.pending[id]
	t.mu.Unlock()
	if r == nil {
		return
	}
	taken := r.lane.put(bytes, func() {
		if t.has(id) && r.answer(message) && t.remove(id) {
			r.finish(nil)
		}
	})
	if !taken {
		t.count.droppedOverflow.Add(1)
	}
}

// remove reports whether the request waited.
func (t *requests) remove(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.pending[id]
	if r == nil {
		return false
	}
	r.timer.Stop()
	delete(t.pending, id)
	return true
}

// size is how many requests wait.
func (t *requests) size() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.pending)
}

// close ends all requests, and those to come.
func (t *requests) close() {
	t.mu.Lock()
	t.closed = true
	rest := t.pending
	t.pending = map[string]*request{}
	t.mu.Unlock()
	for _, r := range rest {
		r.timer.Stop()
		r.finish(ErrClosed)
	}
}

func (r *request) finish(err error) {
	r.once.Do(func() {
		if r.end == nil {
			return
		}
		// An end must come in any case: it has a task even where the budget of what
		// other nodes send is spent.
		r.lane.always(func() { r.end(err) })
	})
}
