package adapter

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/redis/rueidis"
	"github.com/zishang520/socket.io/v2/socket"
)

// Defaults of ClusterConfig.
const (
	defaultKey            = "socket.io"
	defaultRequestTimeout = 5 * time.Second
	defaultClusterPayload = 16 << 20
	// firstWait is how long a namespace waits at most to be subscribed when it is
	// made.
	firstWait = 3 * time.Second
)

// ClusterConfig is what the adapters that join servers by Redis have in common. The
// zero value is ready to use.
type ClusterConfig struct {
	// URL is the Redis, in any form of [DialConfig.URL]. Default localhost:6379.
	URL string
	// Configure goes over the options of its clients, as [DialConfig.Configure] does.
	Configure func(*rueidis.ClientOption)
	// Key is what the names of all channels begin with. All nodes have the same, and
	// no two kinds of adapters may share one. Default "socket.io".
	Key string
	// RequestTimeout is how long the answers of other nodes are waited for. Default
	// 5 s.
	RequestTimeout time.Duration
	// MaxPayload bounds a message from or to other nodes, in bytes. A longer one is
	// dropped and counted: as an answer, with all sockets of a node in it, it leaves a
	// question incomplete. Default 16 MiB.
	MaxPayload int
	// QueueLen bounds the messages that wait to be published. Default 10,000.
	QueueLen int
	// QueueBytes bounds the same in bytes, and on its own the messages of other
	// nodes that wait to be handled. What is past that is dropped and counted.
	// Default 64 MiB, or 4 times MaxPayload where that is more.
	QueueBytes int
	// QueueWait is the longest that a message waits to be published, while Redis is
	// away. Default 10 s.
	QueueWait time.Duration
	// FlushTimeout bounds how long the end of the server waits until what was
	// published has been sent. Default 3 s.
	FlushTimeout time.Duration
	// Local is what the rooms of this server are kept by.
	Local LocalConfig
	// Logger takes what happens to the cluster. Default slog.Default().
	Logger *slog.Logger

	kind       string
	probeEvery time.Duration
	shardsOnly bool // nothing goes by channels that are not those of a shard
}

// withDefaults checks cfg and fills it in.
func (cfg ClusterConfig) withDefaults(kind string) (ClusterConfig, error) {
	for _, n := range []struct {
		field string
		value int64
	}{
		{"RequestTimeout", int64(cfg.RequestTimeout)},
		{"MaxPayload", int64(cfg.MaxPayload)},
		{"QueueLen", int64(cfg.QueueLen)},
		{"QueueBytes", int64(cfg.QueueBytes)},
		{"QueueWait", int64(cfg.QueueWait)},
		{"FlushTimeout", int64(cfg.FlushTimeout)},
	} {
		if n.value < 0 {
			return cfg, fmt.Errorf("adapter: ClusterConfig.%s is negative: leave it 0 for its default", n.field)
		}
	}
	cfg.Key = cmp.Or(cfg.Key, defaultKey)
	cfg.RequestTimeout = cmp.Or(cfg.RequestTimeout, defaultRequestTimeout)
	cfg.MaxPayload = cmp.Or(cfg.MaxPayload, defaultClusterPayload)
	cfg.QueueLen = cmp.Or(cfg.QueueLen, defaultQueueLen)
	cfg.QueueBytes = cmp.Or(cfg.QueueBytes, max(defaultQueueBytes, 4*cfg.MaxPayload))
	cfg.QueueWait = cmp.Or(cfg.QueueWait, defaultQueueWait)
	cfg.FlushTimeout = cmp.Or(cfg.FlushTimeout, defaultFlush)
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	cfg.kind = kind
	cfg.probeEvery = cmp.Or(cfg.probeEvery, defaultProbeEvery)
	return cfg, nil
}

// Cluster makes the adapters of one server, which join it to others by Redis. It is
// given to ServerOptions.SetAdapter. It connects with the first namespace, without
// which there is no server, and ends with the last: when the server is closed.
type Cluster struct {
	cfg    ClusterConfig
	pubsub *pubsub
	make   func(*local) clusterAdapter
	live   registry
	// streams are what the adapters of that kind share besides, nil with others.
	streams *streamSet
}

// clusterAdapter is an adapter of one namespace that a Cluster has made.
type clusterAdapter interface {
	socket.Adapter
	// start subscribes; ctx bounds how long it waits for that.
	start(ctx context.Context) error
	// pendingRequests is how many wait for answers.
	pendingRequests() int
	// census is that of its namespace.
	census() *census
}

var _ socket.AdapterConstructor = (*Cluster)(nil)

// newCluster makes a Cluster whose adapters bind makes.
func newCluster(kind string, cfg ClusterConfig, bind func(*Cluster, *local) clusterAdapter) (*Cluster, error) {
	cfg, err := cfg.withDefaults(kind)
	if err != nil {
		return nil, err
	}
	u, err := configuredURL(cfg.URL, cfg.Configure)
	if err != nil {
		return nil, fmt.Errorf("adapter: ClusterConfig.URL: %w", err)
	}
	c := &Cluster{cfg: cfg, pubsub: newPubsub(cfg, u)}
	c.make = func(l *local) clusterAdapter { return bind(c, l) }
	return c, nil
}

// New makes the adapter of a namespace. It returns when that is subscribed, or when
// Redis turns out to be away: then it will be as soon as can be.
func (c *Cluster) New(nsp socket.Namespace) socket.Adapter {
	a := c.make(newLocal(nsp, c.cfg.Local))
	c.pubsub.acquire()
	c.live.add(a)
	c.pubsub.watch(a.census())
	ctx, cancel := context.WithTimeout(context.Background(), firstWait)
	defer cancel()
	if err := a.start(ctx); err != nil && !errors.Is(err, errAway) {
		c.cfg.Logger.Warn("a namespace is not subscribed yet", slog.String("namespace", nsp.Name()), slog.Any("reason", err))
	}
	return a
}

// closed is called by each adapter once, at its end.
func (c *Cluster) closed(a clusterAdapter) {
	if c.live.remove(a) {
		c.pubsub.unwatch(a.census())
		c.pubsub.release()
	}
}

// randomID is n characters of base64url, as uid2 makes them.
func randomID(n int) string {
	raw := make([]byte, n)
	_, _ = rand.Read(raw) // never fails
	return base64.RawURLEncoding.EncodeToString(raw)[:n]
}
