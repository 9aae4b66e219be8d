package main

import (
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/spf13/pflag"

	"nudge/adapter"
	"nudge/cmd/nudge/internal/settings"
	"nudge/server"
)

// options are the settings of a server, and of its log.
type options struct {
	host            string
	port            int
	redis           string
	channel         string
	bridges         []server.Bridge
	adapter         string
	adapterKey      string
	cluster         clusterOptions
	corsOrigins     []string
	maxPublish      int
	publishQueue    int
	publishWait     time.Duration
	maxPayload      int
	pingInterval    time.Duration
	pingTimeout     time.Duration
	cookie          string
	compression     bool
	allowEIO3       bool
	parser          string
	shutdownTimeout time.Duration
	logLevel        slog.Level
	logFormat       string
	chat            chatOptions
	limits          limitOptions
}

// defaultOptions returns the defaults, those of server.Config among them, so
// that the help can show them.
func defaultOptions() *options {
	return &options{
		port:            8000,
		channel:         "MESSAGES",
		adapterKey:      "socket.io",
		cluster:         defaultCluster(),
		corsOrigins:     []string{"*"},
		maxPublish:      1_000_000,
		publishQueue:    10_000,
		publishWait:     10 * time.Second,
		maxPayload:      1_000_000,
		pingInterval:    25 * time.Second,
		pingTimeout:     20 * time.Second,
		parser:          server.ParserJSON,
		shutdownTimeout: 10 * time.Second,
		logLevel:        slog.LevelInfo,
		logFormat:       formatText,
		chat:            defaultChat(),
		limits:          defaultLimits(),
	}
}

// bind adds a flag for every option.
func (o *options) bind(flags *pflag.FlagSet) {
	o.bindAddress(flags)
	// In the Node deployment ioredis would take an empty REDIS_URL for
	// localhost:6379. Here it means what no REDIS_URL means, a relay in process:
	// whoever empties it wants no Redis.
	settings.Bind(flags, settings.RedisURL(&o.redis), "redis", "REDIS_URL",
		"Redis that joins the nodes of a cluster: redis://, rediss:// or unix://; none: relay in process")
	settings.Bind(flags, settings.Text(&o.channel, "name", settings.NotEmpty), "channel", "NUDGE_CHANNEL",
		"Redis channel that messages are published on")
	settings.Bind(flags, settings.Bridges(&o.bridges), "bridge", "NUDGE_BRIDGE",
		"a further Redis channel, and the event as which what is published there reaches this node's clients; repeat it or separate by commas")
	settings.Bind(flags, settings.OneOf(&o.adapter, "adapter", server.Adapters()...), "adapter", "NUDGE_ADAPTER",
		"how far rooms and broadcasts of the server reach: to all nodes, by classic, sharded or streams as Node's adapters of these names, or none; default: classic where there is a Redis")
	settings.Bind(flags, settings.Text(&o.adapterKey, "key", settings.NotEmpty), "adapter-key", "NUDGE_ADAPTER_KEY",
		"what the names of the adapter's channels begin with, on all nodes")
	o.cluster.bind(flags)
	o.chat.bind(flags)
	settings.Bind(flags, settings.Origins(&o.corsOrigins), "cors-origin", "NUDGE_CORS_ORIGIN",
		"origins whose pages may connect, * for any; repeat it or separate by commas")
	settings.Bind(flags, settings.Size(&o.maxPublish), "max-publish", "NUDGE_MAX_PUBLISH",
		"longest message on the channel")
	settings.Bind(flags, settings.Count(&o.publishQueue), "publish-queue", "NUDGE_PUBLISH_QUEUE",
		"most messages that wait for Redis")
	settings.Bind(flags, settings.Duration(&o.publishWait), "publish-wait", "NUDGE_PUBLISH_WAIT",
		"longest wait of a message for Redis before its sender is told")
	settings.Bind(flags, settings.Size(&o.maxPayload), "max-payload", "NUDGE_MAX_PAYLOAD",
		"longest message from a client")
	settings.Bind(flags, settings.Duration(&o.pingInterval), "ping-interval", "NUDGE_PING_INTERVAL",
		"time between two pings of a client")
	settings.Bind(flags, settings.Duration(&o.pingTimeout), "ping-timeout", "NUDGE_PING_TIMEOUT",
		"longest wait for the answer to a ping")
	settings.Bind(flags, settings.CookieName(&o.cookie), "cookie", "NUDGE_COOKIE",
		"name of a cookie that holds the session id, for balancers; none: no cookie")
	settings.Bind(flags, settings.Switch(&o.compression), "compression", "NUDGE_COMPRESSION",
		"compress longer websocket messages of clients that offer it")
	settings.Bind(flags, settings.Switch(&o.allowEIO3), "allow-eio3", "NUDGE_ALLOW_EIO3",
		"let in clients of Engine.IO revision 3: socket.io-client 1 and 2")
	settings.Bind(flags, settings.OneOf(&o.parser, "parser", server.ParserJSON, server.ParserMsgpack), "parser", "NUDGE_PARSER",
		"format of packets, the clients' too: json, or msgpack for those with socket.io-msgpack-parser")
	settings.Bind(flags, settings.Duration(&o.shutdownTimeout), "shutdown-timeout", "NUDGE_SHUTDOWN_TIMEOUT",
		"longest time that a clean end takes")
	settings.Bind(flags, settings.Level(&o.logLevel), "log-level", "NUDGE_LOG_LEVEL",
		"least level that is logged: debug, info, warn or error")
	settings.Bind(flags, settings.OneOf(&o.logFormat, "format", formatText, formatJSON), "log-format", "NUDGE_LOG_FORMAT",
		"form of the log: text or json")
	o.limits.bind(flags)
}

// bindAddress adds the flags that say where the server is.
func (o *options) bindAddress(flags *pflag.FlagSet) {
	settings.Bind(flags, settings.Host(&o.host), "host", "NUDGE_HOST",
		"name or IP address of the interface to listen on; none: every interface")
	settings.Bind(flags, settings.Port(&o.port), "port", "PORT",
		"port to listen on; 0 is a free one")
}

// serverConfig returns the options as the server takes them.
func (o *options) serverConfig(logger *slog.Logger) server.Config {
	cfg := server.Config{
		Addr:            net.JoinHostPort(o.host, strconv.Itoa(o.port)),
		RedisURL:        o.redis,
		Channel:         o.channel,
		Bridges:         o.bridges,
		Adapter:         o.adapter,
		AdapterKey:      o.adapterKey,
		ShardedMode:     adapter.SubscriptionMode(o.cluster.shardedMode),
		StreamCount:     o.cluster.streamCount,
		StreamMaxLen:    o.cluster.streamMaxLen,
		Recovery:        o.cluster.recovery,
		AdapterPayload:  o.cluster.maxPayload,
		MaxPublish:      o.maxPublish,
		PublishQueue:    o.publishQueue,
		PublishWait:     o.publishWait,
		CORSOrigins:     o.corsOrigins,
		MaxPayload:      o.maxPayload,
		PingInterval:    o.pingInterval,
		PingTimeout:     o.pingTimeout,
		Cookie:          o.cookie,
		Compression:     o.compression,
		AllowEIO3:       o.allowEIO3,
		Parser:          o.parser,
		ShutdownTimeout: o.shutdownTimeout,
		Limits:          o.limits.server(),
		Logger:          logger,
	}
	o.chat.apply(&cfg)
	return cfg
}
