package server

import (
	"cmp"
	"net/netip"

	"nudge/server/engineio"
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
}

func (l Limits) withDefaults() Limits {
	l.MaxEventRate = cmp.Or(l.MaxEventRate, 5000)
	l.MaxReceiveRate = cmp.Or(l.MaxReceiveRate, 10_000_000)
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
