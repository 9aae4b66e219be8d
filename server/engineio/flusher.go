package engineio

import "sync"

// flusher writes the outboxes that broadcasts filled. A broadcast only queues
// its frame with each session; while the flusher works through them, further
// broadcasts pile up, and each session's share of them leaves in one write.
type flusher struct {
	mu    sync.Mutex
	dirty []*Socket
	wake  chan struct{}
}

func newFlusher() *flusher {
	return &flusher{wake: make(chan struct{}, 1)}
}

// add has the session flushed soon.
func (f *flusher) add(s *Socket) {
	f.mu.Lock()
	f.dirty = append(f.dirty, s)
	f.mu.Unlock()
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

func (f *flusher) run(stop <-chan struct{}) {
	var batch []*Socket
	for {
		select {
		case <-stop:
			return
		case <-f.wake:
		}
		f.mu.Lock()
		batch, f.dirty = f.dirty, batch[:0]
		f.mu.Unlock()
		for i, s := range batch {
			s.flush()
			batch[i] = nil
		}
	}
}
