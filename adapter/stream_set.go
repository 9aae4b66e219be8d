package adapter

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf16"
)

// streamSet are the streams of a server. Each runs while a namespace has it.
type streamSet struct {
	cluster *Cluster
	cfg     StreamsConfig

	mu      sync.Mutex
	streams map[string]*stream
}

func newStreamSet(c *Cluster, cfg StreamsConfig) *streamSet {
	return &streamSet{cluster: c, cfg: cfg, streams: map[string]*stream{}}
}

// of is the stream that a namespace has.
func (set *streamSet) of(nsp string) *stream {
	name := set.cfg.streamOf(nsp)
	set.mu.Lock()
	defer set.mu.Unlock()
	s := set.streams[name]
	if s == nil {
		s = newStream(set.cluster, set.cfg, name)
		set.streams[name] = s
	}
	return s
}

// addState adds how the streams are to that of the cluster.
func (set *streamSet) addState(state *ClusterState) {
	set.mu.Lock()
	defer set.mu.Unlock()
	for _, s := range set.streams {
		s.mu.Lock()
		queue := s.queue
		s.mu.Unlock()
		if queue == nil {
			continue // no namespace has it now
		}
		held, bytes := queue.size()
		state.Queued += held
		state.QueuedBytes += bytes
		connected, since, last := s.state.get()
		if !connected && state.Connected {
			state.Connected, state.Since, state.LastError = false, since, last
		}
	}
}

// javaHash is Java's hash of a text, as Node's adapter spreads namespaces by.
func javaHash(s string) int32 {
	h := int32(0)
	for _, unit := range utf16.Encode([]rune(s)) {
		h = h*31 + int32(unit)
	}
	return h
}

// stream is one stream of Redis: entries are added to it and read from it, in order, on
// two connections that are made anew for as long as it takes.
type stream struct {
	cluster *Cluster
	cfg     StreamsConfig
	name    string
	state   connState
	timeout time.Duration // for Redis to answer

	reached atomic.Value // the same as place, for others

	// These belong to the session that runs.
	writer writerState
	place  string        // the id of the entry read last
	placed chan struct{} // closed when that is known for the first time

	mu       sync.Mutex
	adapters map[string]*streams // by namespace
	queue    *outbox
	stop     context.CancelFunc
	over     chan struct{}
	ready    chan struct{} // closed when the place in the stream is known
	failed   chan struct{} // closed when the attempt to connect that is under way fails
}

func newStream(c *Cluster, cfg StreamsConfig, name string) *stream {
	s := &stream{cluster: c, cfg: cfg, name: name, adapters: map[string]*streams{}, timeout: timeoutOf(c.pubsub.url)}
	s.state.since = time.Now()
	return s
}

// join has a namespace get the entries that are added from now on. It returns when the
// place in the stream is known, or with an error: then it will be as soon as can be.
func (s *stream) join(ctx context.Context, a *streams) error {
	s.mu.Lock()
	s.adapters[a.nsp] = a
	if len(s.adapters) == 1 && s.stop == nil {
		s.begin() //nolint:contextcheck // it lasts for as long as a namespace has it
	}
	ready, failed := s.ready, s.failed
	s.mu.Unlock()
	select {
	case <-ready:
		return nil
	case <-failed:
		return fmt.Errorf("read the stream: %w: %s", errAway, s.state.lastError())
	case <-ctx.Done():
		return fmt.Errorf("read the stream: %w", ctx.Err())
	}
}

// begin runs the stream. The caller holds mu.
func (s *stream) begin() {
	cfg := s.cluster.cfg
	var queue *outbox
	queue = newOutbox(cfg.QueueLen, cfg.QueueBytes, cfg.QueueWait, func(late []*publication) { s.cluster.pubsub.expired(queue, late) })
	ready := make(chan struct{}) // this run's own, as the one before may be ending yet
	s.queue, s.ready, s.failed = queue, ready, make(chan struct{})
	before := s.over
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan struct{})
	s.stop, s.over = cancel, over
	go func() {
		defer close(over)
		if before != nil {
			<-before
		}
		s.reached.Store("")
		s.place, s.placed, s.writer = "", ready, writerState{queue: queue}
		s.run(ctx)
	}()
}

// leave ends what join began; with the last namespace it waits until what was added
// has been sent, for FlushTimeout at most.
func (s *stream) leave(a *streams) {
	s.mu.Lock()
	if s.adapters[a.nsp] == a {
		delete(s.adapters, a.nsp)
	}
	var stop context.CancelFunc
	if len(s.adapters) == 0 {
		stop, s.stop = s.stop, nil
	}
	over := s.over
	s.mu.Unlock()
	if stop != nil {
		stop()
		<-over
		s.mu.Lock()
		if s.stop == nil {
			s.queue = nil
		}
		s.mu.Unlock()
	}
}

// add has an entry added behind those before it, and does not wait.
func (s *stream) add(m *publication) (taken bool) {
	s.mu.Lock()
	queue := s.queue
	s.mu.Unlock()
	return queue != nil && s.cluster.pubsub.put(queue, m) // without one the server is closed
}
