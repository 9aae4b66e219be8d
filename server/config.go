package server

import (
	"io/fs"
	"log/slog"
	"time"

	"nudge/adapter"
)

// Config is what a Server is made from. The zero value serves on port 8000 of
// every interface, relays in process, and accepts pages of any origin, as the
// Node deployment it stands in for does.
type Config struct {
	// Addr is the address to listen on, as "host:port"; an empty host is every
	// interface, port 0 a free one. Default ":8000".
	Addr string

	// RedisURL is the Redis that joins the nodes of a cluster: redis://,
	// rediss:// or unix://. Empty: messages are relayed within this process.
	RedisURL string
	// Channel is the Redis channel messages are published on. Default "MESSAGES".
	Channel string
	// Bridges are further channels, whose messages reach the clients of this node.
	// They take a RedisURL.
	Bridges []Bridge
	// Adapter says how far broadcasts and requests of the server's IO reach:
	// AdapterNone, AdapterClassic, AdapterSharded or AdapterStreams. Default
	// AdapterClassic where there is a RedisURL, and else AdapterNone.
	Adapter string
	// AdapterKey is what the adapter's channels begin with, and the name of the
	// stream of AdapterStreams; all nodes have the same.
	// Default "socket.io".
	AdapterKey string
	// ShardedMode says what has a channel of its own with AdapterSharded; all nodes
	// have the same. Default adapter.SubscribeDynamic.
	ShardedMode adapter.SubscriptionMode
	// StreamCount is how many streams AdapterStreams spreads the namespaces over; all
	// nodes have the same. Default 1.
	StreamCount int
	// StreamMaxLen is about how many entries each of them keeps. Default 10,000.
	StreamMaxLen int
	// Recovery is how long the session of a client outlives its connection: one that
	// comes back within it, to whichever node, has its rooms, its data and the events
	// of IO that it missed, unless these are more than half of Limits.MaxOutbox; chat
	// messages are not among them. It takes AdapterStreams. 0: no session outlives its
	// connection.
	Recovery time.Duration
	// AdapterPayload bounds one message of the adapter, to other nodes or from them, in
	// bytes: what all sockets of a node are told of in, say. Default 16 MiB.
	AdapterPayload int
	// MaxPublish bounds one message on the channel, in bytes. A sender's longer
	// message is refused, a longer one from elsewhere is dropped and counted.
	// Default 1,000,000.
	MaxPublish int
	// PublishQueue bounds the messages that wait for Redis. Default 10,000.
	PublishQueue int
	// PublishWait bounds how long one message waits for Redis before its sender
	// is told. Default 10 s.
	PublishWait time.Duration

	// DisableChat leaves version 1 of the chat protocol out: the server relays
	// event:message alone, and keeps nothing. See server/chat/PROTOCOL.md.
	DisableChat bool
	// HistoryLength is how many messages of each room are kept for clients of
	// version 1. Default 1000; negative: none.
	HistoryLength int
	// HistoryAge is how long they are kept. Default 24 h.
	HistoryAge time.Duration
	// HistoryBytes is about how much memory they take in all, in Redis or in this
	// process: the messages of rooms that were silent longest go first, and one room
	// takes an eighth of it at most. Default 128 MiB, at least 1 MiB.
	HistoryBytes int
	// NodeName is what this node is called: clients of version 1 and /readyz are
	// told. Default: the host's name and four characters.
	NodeName string

	// CORSOrigins are the origins whose pages may connect; "*" is any, and the
	// default.
	CORSOrigins []string
	// MaxPayload bounds one message from a client, in bytes. Default 1,000,000.
	MaxPayload int
	// PingInterval is the time between two pings of a client. Default 25 s.
	PingInterval time.Duration
	// PingTimeout is how long a client may take to answer one. Default 20 s.
	PingTimeout time.Duration

	// Cookie is the name of a cookie that tells browsers their session's id, for
	// balancers that keep a client on its node by it. Empty: none is set.
	Cookie string

	// Compression has websockets compress messages of 1024 bytes and more
	// (permessage-deflate) where the client offers it.
	Compression bool

	// AllowEIO3 lets in clients of Engine.IO revision 3, socket.io-client 1 and 2.
	AllowEIO3 bool

	// Parser is the format of packets, ParserJSON or ParserMsgpack. Default
	// ParserJSON.
	Parser string

	// Limits bound what clients can take.
	Limits Limits

	// ShutdownTimeout bounds a clean end: pending messages are relayed and
	// clients told within it. Default 10 s.
	ShutdownTimeout time.Duration

	// Page holds the chat page and the client bundle. Default: the embedded one.
	Page fs.FS
	// Logger takes the server's log. Default slog.Default().
	Logger *slog.Logger
}
