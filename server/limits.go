package server

import (
	"cmp"
	"net/netip"
	"time"

	"github.com/zishang520/socket.io/v2/socket"

	"nudge/server/engineio"
	"nudge/server/parser"
)

// Limits bound what clients can take of a Server; what they are beyond is
// counted in /readyz. A rate lets as much through at once as it does in a
// second.
type Limits struct {
	// MaxConnections bounds the sessions; a handshake beyond is answered with
	// 503. Default: the number of files the process may have open, less an
	// eighth (at least 64) for all else. Negative: no bound.
	MaxConnections int
	// MaxHandshakeRate bounds the handshakes per second; one beyond is answered
	// with 429. Zero: no bound.
	MaxHandshakeRate float64
	// MaxConnectionsPerAddress bounds the sessions of one client address, an
	// IPv4 address or an IPv6 /64. Zero: no bound.
	MaxConnectionsPerAddress int
	// MaxHandshakeRatePerAddress bounds the handshakes per second of one client
	// address. Zero: no bound.
	MaxHandshakeRatePerAddress float64
	// TrustedProxies are the proxies whose X-Forwarded-For says which address a
	// client has. Without them it has that of its connection: behind a balancer,
	// all clients share one.
	TrustedProxies []netip.Prefix

	// MaxEventRate bounds the messages per second of one client. One that sends
	// more is not read for a while, and loses nothing. Default 5000; negative: no
	// bound.
	MaxEventRate float64
	// MaxReceiveRate bounds the bytes per second of one client in the same way.
	// Default 10,000,000; negative: no bound.
	MaxReceiveRate int

	// MaxDepth bounds how deep arrays and objects in a packet may nest. Default
	// 512.
	MaxDepth int
	// MaxAttachments bounds the binary attachments of one packet. Default 10;
	// negative: none may come.
	MaxAttachments int
	// MaxRooms bounds the rooms that one socket is in at a time, beside its own.
	// Joining more is logged, and the socket joins none of them. Default 1000;
	// negative: no bound.
	MaxRooms int
	// MaxOutbox bounds what waits to be written to one client, in bytes. A client
	// that falls behind further is closed. Default 8 MiB.
	MaxOutbox int
	// WriteTimeout bounds how long a client may take no byte at all while
	// something waits for it. Default 30 s.
	WriteTimeout time.Duration

	// MaxHeader bounds the line and the headers of a request, in bytes; some 8 KB
	// more may pass. Default 16 KiB, as Node's.
	MaxHeader int
	// HeaderTimeout bounds how long they may take to arrive. Default 10 s.
	HeaderTimeout time.Duration
	// BodyTimeout bounds how long the body of a request may take to arrive.
	// Default 30 s.
	BodyTimeout time.Duration
}

func (l Limits) withDefaults() Limits {
	l.MaxEventRate = cmp.Or(l.MaxEventRate, 5000)
	l.MaxReceiveRate = cmp.Or(l.MaxReceiveRate, 10_000_000)
	l.MaxDepth = cmp.Or(l.MaxDepth, parser.DefaultMaxDepth)
	l.MaxAttachments = cmp.Or(l.MaxAttachments, parser.DefaultMaxAttachments)
	l.MaxRooms = cmp.Or(l.MaxRooms, 1000)
	l.MaxOutbox = cmp.Or(l.MaxOutbox, 8<<20)
	l.WriteTimeout = cmp.Or(l.WriteTimeout, 30*time.Second)
	l.MaxHeader = cmp.Or(l.MaxHeader, 16<<10)
	l.HeaderTimeout = cmp.Or(l.HeaderTimeout, 10*time.Second)
	l.BodyTimeout = cmp.Or(l.BodyTimeout, 30*time.Second)
	return l
}

// engine are the limits as the engine takes them.
func (l Limits) engine() engineio.Limits {
	return engineio.Limits{
		MaxConnections:             l.MaxConnections,
		MaxHandshakeRate:           l.MaxHandshakeRate,
		MaxConnectionsPerAddress:   l.MaxConnectionsPerAddress,
		MaxHandshakeRatePerAddress: l.MaxHandshakeRatePerAddress,
		TrustedProxies:             l.TrustedProxies,
		MaxEventRate:               l.MaxEventRate,
		MaxReceiveRate:             l.MaxReceiveRate,
	}
}

// onRefusedRooms is told of a socket that may not join any more rooms.
func (s *Server) onRefusedRooms(nsp socket.Namespace, id socket.SocketId, rooms []socket.Room) {
	s.refusedRooms.Add("namespace", nsp.Name(), "socket", id, "rooms", len(rooms), "at", s.cfg.Limits.MaxRooms)
}
