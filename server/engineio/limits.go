package engineio

import (
	"net/netip"

	"nudge/server/internal/descriptors"
)

// Limits bound what clients can take of a Server. The zero value bounds the
// sessions alone.
//
// A rate lets as much through at once as it does in a second, and at least one.
type Limits struct {
	// MaxConnections bounds the sessions; a handshake beyond is answered with
	// 503. Default: the number of files the process may have open, less an
	// eighth (at least 64) for all else. Negative: no bound.
	MaxConnections int
	// MaxHandshakeRate bounds the handshakes per second, also those that
	// AllowRequest is asked about; one beyond is answered with 429. Zero: no bound.
	MaxHandshakeRate float64

	// MaxConnectionsPerAddress bounds the sessions of one client address, and
	// MaxHandshakeRatePerAddress its handshakes per second, answered as those
	// in all are. Addresses are an IPv4 address or an IPv6 /64. Behind a
	// balancer that is not in TrustedProxies, all clients share the balancer's.
	// Zero: no bound.
	MaxConnectionsPerAddress   int
	MaxHandshakeRatePerAddress float64
	// TrustedProxies are the proxies whose X-Forwarded-For is believed. A
	// client's address is the right-most one there that is none of them.
	TrustedProxies []netip.Prefix

	// MaxEventRate bounds the messages per second of one client; a control frame
	// counts as one. MaxReceiveRate bounds the bytes per second of one client, as
	// they come; of compressed messages what they are decompressed to counts,
	// too. A client beyond is not read for a while, and loses nothing; a POST is
	// answered late. Zero: no bound.
	MaxEventRate   float64
	MaxReceiveRate int
}

func (l Limits) withDefaults() Limits {
	if l.MaxConnections == 0 {
		limit := descriptors.Limit()
		l.MaxConnections = limit - 2*descriptors.Reserve(limit)
	}
	l.TrustedProxies = unmapAll(l.TrustedProxies)
	return l
}
