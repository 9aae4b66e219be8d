package adapter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

// Why a message was not published. The error given to a done function wraps
// one of them.
var (
	// ErrQueueFull means that as many messages as the bridge takes are waiting
	// already. The message was not sent.
	ErrQueueFull = errors.New("the queue to Redis is full")
	// ErrUnavailable means that Redis took the message in no attempt within
	// QueueWait, or refused it. The message was certainly not sent.
	ErrUnavailable = errors.New("redis is unavailable")
	// ErrUnknown means that the connection failed between sending the message
	// and knowing that it arrived: it may or may not have reached the other
	// nodes. It is not sent again, so that nothing is doubled.
	ErrUnknown = errors.New("it is unknown whether the message was sent")
	// ErrTooLarge means that the message is longer than MaxPayload. It was not
	// sent.
	ErrTooLarge = errors.New("the message is too long")
	// ErrClosed means that the bridge has ended, or is about to. The message
	// was not sent.
	ErrClosed = errors.New("the bridge is closed")
)

// Defaults of BridgeConfig.
const (
	defaultChannel    = "MESSAGES"
	defaultMaxPayload = 1_000_000
	defaultQueueLen   = 10_000
	defaultQueueBytes = 64 << 20
	defaultQueueWait  = 10 * time.Second
	defaultFlush      = 3 * time.Second
)

// BridgeConfig is what a Bridge is made from. Only Deliver is required.
type BridgeConfig struct {
	// URL is the Redis, in any form of [DialConfig.URL]. "": no Redis; what is
	// published is delivered in this process and nowhere else.
	URL string
	// Configure goes over the options of its clients, as [DialConfig.Configure] does.
	Configure func(*rueidis.ClientOption)
	// Channel is the channel messages are published on. Default "MESSAGES".
	Channel string
	// Deliver takes what arrived on the channel, this bridge's own messages
	// included, in channel order: 1 to 256 messages that were waiting. It is
	// called from one goroutine; a slow one delays what follows, not Redis.
	// The slices are its to keep. They are valid UTF-8: invalid sequences have
	// been replaced as a JavaScript decoder replaces them.
	Deliver func(payloads [][]byte)
	// MaxPayload bounds a message, in bytes. A longer one is refused by
	// Publish; from the channel it is dropped and counted. Default 1,000,000.
	MaxPayload int
	// QueueLen bounds the messages taken by Publish that are not done yet.
	// Default 10,000.
	QueueLen int
	// QueueBytes bounds the same in bytes, and on its own the messages received
	// that Deliver has not taken yet; what arrives past that is dropped and
	// counted. Default 64 MiB.
	QueueBytes int
	// QueueWait is the longest a message waits to be sent. One that is on its
	// way then has its outcome within the seconds that Redis may take to
	// answer. Default 10 s.
	QueueWait time.Duration
	// FlushTimeout bounds how long an ending bridge goes on publishing what
	// waits, while it is connected. Default 3 s.
	FlushTimeout time.Duration
	// Logger takes what happens to the connection. Default slog.Default().
	Logger *slog.Logger
}

// Bridge joins this process to one Redis channel: what it publishes reaches
// every subscriber of the channel, itself included, once and in order; what
// anyone publishes there is delivered here. Its messages carry no sender and
// no envelope, so any publisher and any subscriber can take part.
//
// While Redis is up nothing is lost, doubled or out of order. A message whose
// done function got nil was on the channel and came back from it, so Redis has
// sent it to every node that was subscribed. Redis pub/sub keeps nothing: a
// bridge that is cut off misses what is published meanwhile. Where Redis itself
// was away, a bridge that is back waits up to 2 s for as many subscribers as there
// were before.
type Bridge struct {
	cfg   BridgeConfig
	url   redisURL
	log   *slog.Logger
	kind  string
	queue *outbox
	echo  *echoes
	inbox *inbox
	idle  *tally // messages published and not done, received and not delivered
	state connState
	count counters

	others  atomic.Int64 // subscribers counted last, itself among them
	started atomic.Bool
	// These keep a flood of events from becoming a flood of log lines.
	tooLong, retrying occasional
	said              string // the reason logged last for not being connected
}

// NewBridge checks cfg and makes a bridge. It does not connect; [Bridge.Run]
// does. What is published until then waits.
func NewBridge(cfg BridgeConfig) (*Bridge, error) {
	if cfg.Deliver == nil {
		return nil, errors.New("adapter: BridgeConfig.Deliver is missing: give the function that takes the messages")
	}
	for _, n := range []struct {
		field string
		value int64
	}{
		{"MaxPayload", int64(cfg.MaxPayload)},
		{"QueueLen", int64(cfg.QueueLen)},
		{"QueueBytes", int64(cfg.QueueBytes)},
		{"QueueWait", int64(cfg.QueueWait)},
		{"FlushTimeout", int64(cfg.FlushTimeout)},
	} {
		if n.value < 0 {
			return nil, fmt.Errorf("adapter: BridgeConfig.%s is negative: leave it 0 for its default", n.field)
		}
	}
	cfg.Channel = cmp.Or(cfg.Channel, defaultChannel)
	cfg.MaxPayload = cmp.Or(cfg.MaxPayload, defaultMaxPayload)
	cfg.QueueLen = cmp.Or(cfg.QueueLen, defaultQueueLen)
	cfg.QueueBytes = cmp.Or(cfg.QueueBytes, defaultQueueBytes)
	cfg.QueueWait = cmp.Or(cfg.QueueWait, defaultQueueWait)
	cfg.FlushTimeout = cmp.Or(cfg.FlushTimeout, defaultFlush)
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}

	b := &Bridge{cfg: cfg, log: cfg.Logger, kind: KindInProcess, idle: &tally{}, echo: &echoes{}}
	if cfg.URL != "" {
		u, err := configuredURL(cfg.URL, cfg.Configure)
		if err != nil {
			return nil, fmt.Errorf("adapter: BridgeConfig.URL: %w", err)
		}
		b.url, b.kind = u, KindRedis
		b.log = b.log.With(slog.String("redis", u.shown), slog.String("channel", cfg.Channel))
	}
	b.inbox = newInbox(cfg.QueueBytes)
	b.queue = newOutbox(cfg.QueueLen, cfg.QueueBytes, cfg.QueueWait, b.expired)
	b.state.since = time.Now()
	return b, nil
}

// Publish has payload published after all that was published before it. It
// does not wait: done is called once when the outcome is known, with nil or
// with an error that wraps one of the sentinels above. It is called from
// another goroutine, or, when the message is refused, before Publish returns;
// never with a lock held. It must be quick, and may be nil. The payload is the
// bridge's from here on.
func (b *Bridge) Publish(payload []byte, done func(error)) {
	m := &publication{payload: payload, done: done, at: time.Now()}
	if len(payload) > b.cfg.MaxPayload {
		b.count.tooLarge.Add(1)
		m.finish(fmt.Errorf("%w: %d bytes, %d are allowed", ErrTooLarge, len(payload), b.cfg.MaxPayload))
		return
	}
	b.idle.add(1)
	if err := b.queue.put(m); err != nil {
		b.idle.add(-1)
		b.count.refused.Add(1)
		m.finish(err)
	}
}

// Drain returns when nothing that was published waits for its outcome, and all
// that was received has been delivered; or with ctx, whose error it returns.
func (b *Bridge) Drain(ctx context.Context) error {
	if err := b.idle.wait(ctx); err != nil {
		return fmt.Errorf("drain: %d messages are still under way: %w", b.idle.value(), err)
	}
	return nil
}

// settle gives a message of the queue its outcome, and its room to the next.
func (b *Bridge) settle(m *publication, err error) {
	switch {
	case err == nil:
		b.count.published.Add(1)
	case errors.Is(err, ErrUnknown):
		b.count.unknown.Add(1)
	default:
		b.count.unavailable.Add(1)
	}
	b.queue.release(m)
	m.finish(err)
	b.idle.add(-1)
}

// expired is told of messages that have waited for too long.
func (b *Bridge) expired(messages []*publication) {
	why := b.state.lastError()
	for _, m := range messages {
		err := fmt.Errorf("%w: not sent within %s", ErrUnavailable, b.cfg.QueueWait)
		if why != "" {
			err = fmt.Errorf("%w: %s", err, why)
		}
		b.settle(m, err)
	}
}

// occasional lets one of many events through every ten seconds.
type occasional struct {
	mu   sync.Mutex
	last time.Time
}

func (o *occasional) now() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if time.Since(o.last) < 10*time.Second {
		return false
	}
	o.last = time.Now()
	return true
}
