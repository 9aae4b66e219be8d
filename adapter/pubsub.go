package adapter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/redis/rueidis"
)

// pubsub is what the adapters of a server share: one connection that publishes
// and one that is subscribed, made anew for as long as it takes whenever either
// fails, with all subscriptions.
//
//   - publish never waits: messages leave in the order of the calls, many in one
//     pipeline, and what waits is bounded in number, bytes and time. Nothing is
//     sent twice: what was cut off on its way is counted, not repeated.
//   - subscribe returns once Redis has confirmed. Messages are handed to lanes and
//     never hold up the connection's reader.
//   - When the subscribed connection has been silent, a message that it publishes
//     to itself proves that it is alive.
//
// It runs from the first acquire to the last release.
type pubsub struct {
	cfg   ClusterConfig
	url   redisURL
	log   *slog.Logger
	state connState
	count clusterCounters
	lanes *budget

	probeChannel string
	dropping     occasional // keeps a flood of events from becoming one of log lines
	said         string     // the reason logged last for not being connected
	opened       bool       // the session that there is, or was last, has been connected

	mu     sync.Mutex
	users  int
	stop   context.CancelFunc // ends the run that the first user began
	over   chan struct{}      // closed when it has
	queue  *outbox
	topics map[topic]*subscriptions
	// unsettled are the topics that Redis may have to be told of. There may be very many
	// others, which are not looked through.
	unsettled map[topic]struct{}

	dirty  chan struct{}  // holds a token when topics may differ from what Redis was told
	failed chan struct{}  // closed when the attempt to connect that is under way fails
	client rueidis.Client // of the connection, nil while there is none
	shards *shards        // of the connection, nil where there are none
	roll   topic          // by which the nodes are counted
	nodes  int64          // how many there were when Redis last said so

	watched map[*census]struct{}

	fewerSince time.Time // since when it says that there are fewer, zero where it does not
}

// topicKind is how a topic is subscribed to.
type topicKind uint8

const (
	topicChannel topicKind = iota // SUBSCRIBE
	topicPattern                  // PSUBSCRIBE
	topicShard                    // SSUBSCRIBE
)

// topic is a channel, a pattern of channels, or a channel of one shard.
type topic struct {
	kind topicKind
	name string
}

// subscriptions are those to one topic.
type subscriptions struct {
	all       []*subscribed
	confirmed chan struct{} // closed when Redis has confirmed; made anew with the connection
	told      bool          // Redis was, on this connection, or is being told
	busy      bool          // a master is being told of it, as of a shard channel
	roll      bool          // by it the nodes are counted
}

// untold notes that Redis does not know of a topic. Those who wait for it go on waiting.
func (of *subscriptions) untold() {
	of.told = false
	if of.isConfirmed() {
		of.confirmed = make(chan struct{})
	}
}

func (of *subscriptions) isConfirmed() bool {
	select {
	case <-of.confirmed:
		return true
	default:
		return false
	}
}

// subscribed takes the messages of some topics.
type subscribed struct {
	owner  *pubsub
	lane   *lane
	handle func(channel, payload string)
	topics []topic
}

// errAway means that Redis cannot be reached now.
var errAway = errors.New("not connected to Redis")

func newPubsub(cfg ClusterConfig, url redisURL) *pubsub {
	p := &pubsub{
		cfg:          cfg,
		url:          url,
		log:          cfg.Logger.With(slog.String("redis", url.shown)),
		lanes:        &budget{max: int64(cfg.QueueBytes)},
		probeChannel: cfg.Key + "-probe#" + randomID(16),
		topics:       map[topic]*subscriptions{},
		unsettled:    map[topic]struct{}{},
		dirty:        make(chan struct{}, 1),
		watched:      map[*census]struct{}{},
	}
	p.state.since = time.Now()
	return p
}

// acquire has p run until as many calls of release.
func (p *pubsub) acquire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.users++
	if p.users > 1 {
		return
	}
	before := p.over // the end of an earlier run may still be under way
	var queue *outbox
	queue = newOutbox(p.cfg.QueueLen, p.cfg.QueueBytes, p.cfg.QueueWait, func(late []*publication) { p.expired(queue, late) })
	p.queue = queue
	p.failed = make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	p.stop, p.over = cancel, make(chan struct{})
	go func(over chan struct{}) {
		defer close(over)
		if before != nil {
			<-before
		}
		p.run(ctx, queue)
	}(p.over)
}

// release ends p with its last user. It then waits until what was published has
// been sent, for a few seconds at most.
func (p *pubsub) release() {
	p.mu.Lock()
	p.users--
	last, stop, over := p.users == 0, p.stop, p.over
	p.mu.Unlock()
	if last {
		stop()
		<-over
	}
}

// subscribe has handle called in lane with each message of topics, until
// [subscribed.end]. It returns when Redis has confirmed all of them, or with an
// error: they then stand as well, and are made good once Redis can be reached.
func (p *pubsub) subscribe(ctx context.Context, l *lane, handle func(channel, payload string), topics ...topic) (*subscribed, error) {
	s := p.begin(l, handle, topics...)
	return s, s.await(ctx)
}

// begin is subscribe that does not wait.
func (p *pubsub) begin(l *lane, handle func(channel, payload string), topics ...topic) *subscribed {
	s := &subscribed{owner: p, lane: l, handle: handle, topics: topics}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range topics {
		of := p.topics[t]
		if of == nil {
			of = &subscriptions{confirmed: make(chan struct{})}
			p.topics[t] = of
		}
		of.all = append(of.all, s)
		p.unsettled[t] = struct{}{}
	}
	p.wake()
	return s
}

// await returns when Redis has confirmed all topics, or with an error.
func (s *subscribed) await(ctx context.Context) error {
	p := s.owner
	p.mu.Lock()
	failed, shards := p.failed, p.shards
	topics := slices.Clone(s.topics)
	confirmed := make([]chan struct{}, 0, len(topics))
	for _, t := range topics {
		confirmed = append(confirmed, p.topics[t].confirmed)
	}
	p.mu.Unlock()
	for i, done := range confirmed {
		select {
		case <-done:
			continue
		default:
		}
		if topics[i].kind == topicShard && shards != nil && shards.isAway(topics[i]) {
			return fmt.Errorf("subscribe: %w: %s", errAway, p.state.lastError())
		}
		select {
		case <-done:
		case <-failed:
			return fmt.Errorf("subscribe: %w: %s", errAway, p.state.lastError())
		case <-ctx.Done():
			return fmt.Errorf("subscribe: %w", ctx.Err())
		}
	}
	return nil
}

// end ends the subscription. It does not wait; messages that have been received
// may still be handled.
func (s *subscribed) end() {
	p := s.owner
	p.mu.Lock()
	for _, t := range s.topics {
		of := p.topics[t]
		of.all = slices.DeleteFunc(slices.Clone(of.all), func(other *subscribed) bool { return other == s })
		p.unsettled[t] = struct{}{}
		if len(of.all) == 0 && t == p.roll {
			p.roll, p.nodes = p.anotherRoll(), 0
		}
		if len(of.all) == 0 && !of.told && !of.busy {
			delete(p.topics, t)
		}
	}
	s.topics = nil
	p.mu.Unlock()
	p.wake()
}

// publish has payload published on channel after all that was published before
// it, and does not wait. What cannot be sent is counted.
func (p *pubsub) publish(channel string, payload []byte) {
	p.enqueue(&publication{channel: channel, payload: payload, at: time.Now()})
}

// publishShard is publish with SPUBLISH.
func (p *pubsub) publishShard(channel string, payload []byte) {
	p.enqueue(&publication{channel: channel, shard: true, payload: payload, at: time.Now()})
}

func (p *pubsub) enqueue(m *publication) {
	p.mu.Lock()
	queue := p.queue
	p.mu.Unlock()
	p.put(queue, m)
}

// put adds a message to a queue, or drops and counts it.
func (p *pubsub) put(queue *outbox, m *publication) (taken bool) {
	if len(m.payload) > p.cfg.MaxPayload {
		p.count.tooLarge.Add(1)
		if p.dropping.now() {
			p.log.Warn("a message is too long for the other nodes: it takes fewer sockets in one answer, or a higher MaxPayload on all nodes", slog.Int("bytes", len(m.payload)), slog.Int("allowed", p.cfg.MaxPayload))
		}
		return false
	}
	if err := queue.put(m); err != nil {
		p.refused(err)
		return false
	}
	return true
}

// refused counts a message that was dropped for want of room.
func (p *pubsub) refused(why error) {
	p.count.refused.Add(1)
	if p.dropping.now() {
		p.log.Warn("a message for the other nodes was dropped", slog.Any("reason", why))
	}
}

// expired is told of messages that waited for too long.
func (p *pubsub) expired(queue *outbox, messages []*publication) {
	if len(messages) == 0 {
		return
	}
	for _, m := range messages {
		queue.release(m)
	}
	p.count.expired.Add(uint64(len(messages)))
	if p.dropping.now() {
		p.log.Warn("messages for the other nodes were dropped: they waited for too long", slog.Int("messages", len(messages)))
	}
}

// wake has the connection's subscriptions looked at.
func (p *pubsub) wake() {
	select {
	case p.dirty <- struct{}{}:
	default:
	}
}

// malformed counts a message that is none of the protocol.
func (p *pubsub) malformed(channel string, err error) {
	p.count.malformed.Add(1)
	if p.dropping.now() {
		p.log.Warn("dropped a message that is malformed", slog.String("channel", channel), slog.Any("reason", err))
	}
}
