package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"nudge/server/chat"
)

// What is kept in Redis besides what a configuration says.
const (
	logLength = 10_000 // messages a node may be behind
	logBytes  = 32 << 20
	// leastLogAge is the least time for which a node may be behind: the log is how
	// messages come, too.
	leastLogAge = time.Minute
	keptRooms   = 10_000
)

// RedisConfig is what a Redis is made from.
type RedisConfig struct {
	// Dial connects; cut closes the client's connections at once, whatever Redis
	// does. Required.
	Dial func(context.Context) (client rueidis.Client, cut func(), err error)
	// Channel is the old channel; all keys begin with it in braces, and so are in
	// one slot of a cluster. Required.
	Channel string
	// NodeName tells this node from the others, with something random. Required.
	NodeName string
	// Subscribed tells how often the old channel was subscribed to so far, and
	// whether it is now. Required.
	Subscribed func() (times uint64, now bool)
	// Length is how many messages each room keeps, zero: none; there are up to a
	// sixteenth more, at most 64, until they go together. Age is how long.
	// Default 24 h.
	Length int
	Age    time.Duration
	// Bytes is about how much memory the messages of all rooms take in Redis; one room
	// takes an eighth of it at most. Besides them, the log of all messages takes up to
	// 32 MiB, for a minute or Age, and the keys of the newest 100,000 some 30 MB, for
	// 24 h or Age. Default DefaultBytes, at least LeastBytes.
	Bytes int
	// QueueLen bounds the messages that wait. Default 10,000.
	QueueLen int
	// QueueWait bounds how long each waits. Default 10 s.
	QueueWait time.Duration
	// CloseTimeout bounds how long Run goes on at its end, to store what waits and
	// to take leave of the other nodes. Default 4 s.
	CloseTimeout time.Duration
	// Logger takes what happens to the connection. Default slog.Default().
	Logger *slog.Logger

	keyAge time.Duration // how long keys are known. Default Age, at least leastKeyAge
	logAge time.Duration // how long the log keeps a message. Default Age, at least leastLogAge
}

// Node is what a store tells of what happens elsewhere: a *chat.Chat.
type Node interface {
	// Deliver takes the messages of all nodes, in order.
	Deliver(messages []chat.Message)
	// Resync is called where some were not delivered.
	Resync()
	// People are those here, PeerPeople, PeerGone and PeerTyping tell of those elsewhere.
	People() map[string]*chat.Standing
	PeerPeople(node string, changes map[string]*chat.Standing, all bool)
	PeerGone(node string)
	PeerTyping(e chat.TypingEvent)
}

// Redis is a chat.Store, and chat.Peers, on Redis 6.2 or later, which all nodes share.
type Redis struct {
	cfg     RedisConfig
	queue   *queue
	foreign *foreignQueue
	peers   *peers
	node    Node // from Run on

	mu   sync.Mutex
	live rueidis.Client // nil where there is no connection, or no place in the order yet
	why  string         // why not

	position position
	lost     atomic.Uint64
}

// NewRedis makes a store, which connects once it runs.
func NewRedis(cfg RedisConfig) *Redis {
	cfg.Age = cmp.Or(cfg.Age, defaultAge)
	cfg.logAge = cmp.Or(cfg.logAge, max(cfg.Age, leastLogAge))
	cfg.keyAge = cmp.Or(cfg.keyAge, max(cfg.Age, leastKeyAge))
	cfg.Bytes = max(cmp.Or(cfg.Bytes, DefaultBytes), LeastBytes)
	cfg.QueueLen = cmp.Or(cfg.QueueLen, 10_000)
	cfg.QueueWait = cmp.Or(cfg.QueueWait, 10*time.Second)
	cfg.CloseTimeout = cmp.Or(cfg.CloseTimeout, 4*time.Second)
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	r := &Redis{
		cfg: cfg, why: "not connected yet",
		queue: newQueue(cfg.QueueLen, cfg.QueueWait), foreign: newForeignQueue(),
		peers: newPeers(cfg.NodeName+"/"+rand.Text(), termsOf(cfg)),
	}
	r.position.init()
	return r
}

// key is the name of a key.
func (r *Redis) key(name string) string { return "{" + r.cfg.Channel + "}:chat:" + name }

// RedisState is how a Redis does.
type RedisState struct {
	Connected bool
	LastError string
	Queued    int    // messages that wait to be stored
	Foreign   int    // messages of others that are not known to be stored
	Keeper    bool   // this node stores those
	Lost      uint64 // times that some messages were not delivered
	Dropped   uint64 // messages of others that there was no room for
	Unlike    int    // other nodes that keep messages by other settings
}

// State tells how it does.
func (r *Redis) State() RedisState {
	r.mu.Lock()
	defer r.mu.Unlock()
	waiting, keeper, dropped := r.foreign.state()
	r.peers.mu.Lock()
	defer r.peers.mu.Unlock()
	return RedisState{
		Connected: r.live != nil, LastError: r.why, Queued: r.queue.len(),
		Foreign: waiting, Keeper: keeper, Lost: r.lost.Load(), Dropped: dropped,
		Unlike: r.peers.unlike,
	}
}

// Append implements chat.Store.
func (r *Redis) Append(d chat.Draft, done func(chat.Receipt, error)) { r.queue.put(d, done) }

// Foreign implements chat.Store.
func (r *Redis) Foreign(messages []chat.Foreign) { r.foreign.arrived(messages) }

// The waits between two attempts to connect.
const (
	firstWait = 50 * time.Millisecond
	lastWait  = 500 * time.Millisecond
)

// Run connects, and keeps connecting, until ctx ends; then it stores what waits, as
// far as it can at once. It can be run once.
func (r *Redis) Run(ctx context.Context, node Node) {
	r.node = node
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { r.stayConnected(work) })
	running.Go(func() { r.queue.expire(work) })
	running.Go(func() { r.foreign.run(work) })
	<-ctx.Done()
	r.queue.close()
	r.queue.drained(r.cfg.CloseTimeout / 2)
	stop()
	running.Wait()
	r.queue.fail(chat.ErrShuttingDown)
}

func (r *Redis) stayConnected(ctx context.Context) {
	wait := firstWait
	for ctx.Err() == nil {
		start := time.Now()
		err := r.session(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(start) > time.Second {
			wait = firstWait
		}
		r.down(err)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
		wait = min(2*wait, lastWait)
	}
}

func (r *Redis) down(err error) {
	r.mu.Lock()
	said := r.live == nil && r.why == err.Error()
	r.live, r.why = nil, err.Error()
	r.mu.Unlock()
	if !said {
		r.cfg.Logger.Warn("the chat's store is away, trying on", "reason", err)
	}
}

// session works on one client until something fails or ctx ends.
func (r *Redis) session(ctx context.Context) error {
	client, cut, err := r.cfg.Dial(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	defer cut() // first, as Close waits for a Redis that hangs
	if err := r.findPlace(ctx, client); err != nil {
		return fmt.Errorf("the log: %w", err)
	}
	r.mu.Lock()
	r.live, r.why = client, ""
	r.mu.Unlock()
	r.cfg.Logger.Info("the chat's store is connected")

	live, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var parts sync.WaitGroup
	for _, part := range []func(context.Context, rueidis.Client) error{r.read, r.write, r.keep, r.tellPeers} {
		parts.Go(func() { fail(part(live, client)) })
	}
	var leaving sync.WaitGroup
	left := make(chan struct{})
	leaving.Go(func() {
		<-live.Done()
		select {
		case <-left:
		case <-time.After(r.farewell()):
			cut() // what the parts wait for will not come
		}
	})
	parts.Wait()
	close(left)
	leaving.Wait()
	r.mu.Lock()
	r.live = nil
	r.mu.Unlock()
	return context.Cause(live)
}

// farewell is how long the parts of a session may take to end.
func (r *Redis) farewell() time.Duration { return r.cfg.CloseTimeout / 4 }

// connected is the client, where there is one.
func (r *Redis) connected() (rueidis.Client, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.live == nil {
		return nil, fmt.Errorf("%w: %s", chat.ErrUnavailable, r.why)
	}
	return r.live, nil
}

func isRedisError(err error) bool {
	_, ok := rueidis.IsRedisErr(err)
	return ok
}
