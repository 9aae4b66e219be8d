package engineio

import (
	"cmp"
	"log/slog"
	"net/http"
	"time"
)

// Config is what a Server is made from. The zero value is Node's defaults.
type Config struct {
	// PingInterval is the time between two pings. Default 25 s.
	PingInterval time.Duration
	// PingTimeout is how long a client may take to answer a ping. Default 20 s.
	PingTimeout time.Duration
	// UpgradeTimeout is how long a probing websocket may take to become the
	// session's transport. Default 10 s.
	UpgradeTimeout time.Duration
	// MaxPayload bounds one message (websocket) or one request body (polling)
	// from a client, in bytes. Default 1,000,000.
	MaxPayload int
	// MaxOutbox bounds what waits to be written to one client, in bytes. A
	// client that falls behind further is closed. Default 8 MiB.
	MaxOutbox int
	// WriteTimeout bounds how long a websocket may take no byte at all while
	// something waits for it. Default 30 s.
	WriteTimeout time.Duration
	// BodyTimeout bounds how long the body of a POST may take to arrive. Default
	// 30 s.
	BodyTimeout time.Duration
	// CloseTimeout is how long Close lets sessions send what is queued, and
	// clients answer. Default 5 s.
	CloseTimeout time.Duration
	// GoroutineReads has each websocket read by a goroutine of its own, as they
	// are where there is no epoll, instead of by a few loops for all.
	GoroutineReads bool
	// Limits bound what clients can take.
	Limits Limits
	// AllowRequest decides on each handshake; an error's text is the answer's
	// message, with status 403, or 400 for a websocket, as Node has it.
	AllowRequest func(*http.Request) error
	// Cookie has the answer to each handshake set a cookie that holds the session
	// id, by which a balancer can tell sessions apart. Its Name is "io" by default,
	// its Path "/", its SameSite Lax, as Node's; HttpOnly is always set, since the
	// id is all that guards a session, and a Value is not looked at. An invalid
	// one is logged and left out. Default nil: none.
	Cookie *http.Cookie
	// Compression has websockets compress messages where the client offers it
	// (permessage-deflate, RFC 7692), with no window kept between two messages. A
	// frame that WriteFrames was given for many sessions is compressed once. It
	// costs processor time, and hides nothing that lengths give away. Default off,
	// as Node's; answers to polls are compressed in any case.
	Compression bool
	// CompressFrom is the size of a message in bytes from which it is compressed
	// on its way to a client. Default 1024.
	CompressFrom int
	// AllowEIO3 lets in clients of revision 3 of the protocol as well: those of
	// socket.io-client 1 and 2. They are given up when they have sent no ping for
	// PingInterval and PingTimeout together. Frames for many sessions are in the
	// form of revision 4: binary ones are made anew for each of these. JSONP, which
	// such clients fall back to in browsers without CORS, is refused.
	AllowEIO3 bool
	// Logger takes what operators need to know. Default slog.Default().
	Logger *slog.Logger
}

func (c Config) withDefaults() Config {
	c.PingInterval = cmp.Or(c.PingInterval, 25*time.Second)
	c.PingTimeout = cmp.Or(c.PingTimeout, 20*time.Second)
	c.UpgradeTimeout = cmp.Or(c.UpgradeTimeout, 10*time.Second)
	c.MaxPayload = cmp.Or(c.MaxPayload, 1_000_000)
	c.MaxOutbox = cmp.Or(c.MaxOutbox, 8<<20)
	c.CompressFrom = cmp.Or(c.CompressFrom, 1024)
	c.WriteTimeout = cmp.Or(c.WriteTimeout, 30*time.Second)
	c.BodyTimeout = cmp.Or(c.BodyTimeout, 30*time.Second)
	c.CloseTimeout = cmp.Or(c.CloseTimeout, 5*time.Second)
	c.Limits = c.Limits.withDefaults()
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	c.Cookie = sessionCookie(c.Cookie, c.Logger)
	return c
}

// patience3 is how long after one ping of a client of revision 3 its next may
// come.
func (c *Config) patience3() time.Duration { return c.PingInterval + c.PingTimeout }

// longestWait is the longest time that the heartbeat has to measure.
func (c *Config) longestWait() time.Duration {
	if c.AllowEIO3 {
		return c.patience3()
	}
	return max(c.PingInterval, c.PingTimeout)
}
