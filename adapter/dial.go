package adapter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/redis/rueidis"
)

// DialConfig says which Redis to connect to, and how. The zero value is
// localhost:6379.
type DialConfig struct {
	// URL is the Redis: redis://user:password@host:port/db, rediss:// for TLS,
	// unix:///path/to.sock, or less of it: "host:port", "host", "6379",
	// "/path/to.sock". It takes the parameters of rueidis.ParseURL, for
	// instance addr (more nodes of a Redis Cluster, or more sentinels),
	// master_set (the addresses are sentinels) and skip_verify; and ca, the PEM
	// file of the authorities to trust in place of the system's.
	URL string
	// Configure, if set, goes over the options that each client is made with: for
	// what a URL cannot say, such as credentials that change, a client's
	// certificate or a dialer. What this package relies on it sets itself,
	// such as the order of commands and that none is repeated.
	Configure func(*rueidis.ClientOption)
	// ClientName is what CLIENT LIST shows. Default "nudge".
	ClientName string
	// DialTimeout bounds a connect and, again, the handshake after it.
	// Default: the URL's dial_timeout, or 3 s.
	DialTimeout time.Duration
	// Timeout is how long Redis may leave a PING unanswered before the
	// connection counts as dead; one is sent when the connection has been
	// silent for a second. Default: the URL's write_timeout, or 3 s.
	Timeout time.Duration
}

const (
	defaultClientName = "nudge"
	defaultDialWait   = 3 * time.Second
	defaultTimeout    = 3 * time.Second
	// pingGap is the silence after which a connection is probed.
	pingGap = time.Second
	// topologyRefresh is how often a moved Sentinel master is looked for
	// besides the events that announce it, which can be missed.
	topologyRefresh = 5 * time.Second
	// shardsRefresh is how often the nodes of a Redis Cluster are looked for. A
	// client that was made while a master was away knows the former one, and
	// nothing that it asks for need ever send it to the new one: who is subscribed
	// there it would not count.
	shardsRefresh = time.Second
)

// The buffers of one connection. The library's own defaults take 1.4 MiB of
// heap per client; these take about a tenth of it, and are measured to publish
// as fast.
const (
	connBuffer = 32 << 10
	ringScale  = 8 // 2^8 commands or pipelines under way at once
)

// Dial connects to Redis and returns a client that holds one connection for
// commands and makes others as they are dedicated. It ends with ctx, and
// without it after the timeouts of cfg; it never waits for ever. The client
// reconnects by itself and never repeats a command, so none is doubled.
//
// An error of Dial wraps [ErrURL] when the URL cannot be read; none holds the
// password.
func Dial(ctx context.Context, cfg DialConfig) (rueidis.Client, error) {
	client, _, err := dial(ctx, cfg)
	return client, err
}

// DialCut is Dial for callers that cannot wait for a Redis that hangs, as the
// client's Close does: cut closes all of its connections at once, and has it make
// no others.
func DialCut(ctx context.Context, cfg DialConfig) (client rueidis.Client, cut func(), err error) {
	client, conns, err := dial(ctx, cfg)
	if err != nil {
		return nil, nil, err
	}
	return client, conns.closeAll, nil
}

// dial is Dial for callers that want to cut the client's connections.
func dial(ctx context.Context, cfg DialConfig) (rueidis.Client, *connSet, error) {
	u, err := configuredURL(cfg.URL, cfg.Configure)
	if err != nil {
		return nil, nil, err
	}
	conns := newConnSet(u.network)
	option := clientOption(u, cfg, conns)

	// NewClient takes no context: what it waits for is cut off instead. Its
	// worst case is a connect and a handshake with every address.
	limit := time.Duration(len(option.InitAddress)+1) * 2 * option.Dialer.Timeout
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	stop := context.AfterFunc(limited, conns.closeAll)
	client, err := rueidis.NewClient(option)
	if !stop() && err == nil {
		client.Close()
		err = limited.Err()
	}
	if err != nil {
		conns.closeAll()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, nil, fmt.Errorf("connect to %s: %w", u.shown, scrub(err, option.Password))
	}
	return client, conns, nil
}

func clientOption(u redisURL, cfg DialConfig, conns *connSet) rueidis.ClientOption {
	option := u.option
	option.ClientName = cmp.Or(cfg.ClientName, option.ClientName, defaultClientName)
	option.ClientSetInfo = rueidis.DisableClientSetInfo
	option.Dialer.Timeout = cmp.Or(cfg.DialTimeout, option.Dialer.Timeout, defaultDialWait)
	option.Dialer.KeepAlive = pingGap
	option.ConnWriteTimeout = cmp.Or(cfg.Timeout, option.ConnWriteTimeout, defaultTimeout)
	conns.dialer = option.DialCtxFn
	option.DialCtxFn = conns.dial
	option.DisableCache = true
	option.DisableRetry = true
	option.PipelineMultiplex = -1 // one connection: commands keep their order
	option.ReadBufferEachConn = connBuffer
	option.WriteBufferEachConn = connBuffer
	option.RingScaleEachConn = ringScale
	// The reader runs from the start, so that a connection that dies idle is
	// known to be dead before the next command.
	option.AlwaysPipelining = true
	if option.Sentinel.MasterSet != "" {
		option.Sentinel.TopologyRefreshInterval = topologyRefresh
		option.Sentinel.Dialer = option.Dialer
		option.Sentinel.TLSConfig = option.TLSConfig
		option.Sentinel.ClientName = option.ClientName
	}
	option.ClusterOption.ShardsRefreshInterval = cmp.Or(option.ClusterOption.ShardsRefreshInterval, shardsRefresh)
	return option
}

// scrub keeps a password out of an error's text: a Redis too old for HELLO
// quotes the arguments, and the password is one. No error stays none.
func scrub(err error, password string) error {
	if err == nil || password == "" || !strings.Contains(err.Error(), password) {
		return err
	}
	return errors.New(strings.ReplaceAll(err.Error(), password, hidden))
}

// reason is an error's text in a form that stays the same from one attempt to
// the next: without the port of this end, which the net package adds.
func reason(err error) string {
	var op *net.OpError
	if !errors.As(err, &op) {
		return err.Error()
	}
	short := op.Op + ": " + op.Err.Error()
	if op.Addr != nil {
		short = op.Op + " " + op.Addr.String() + ": " + op.Err.Error()
	}
	return strings.Replace(err.Error(), op.Error(), short, 1)
}
