package main

import (
	"net/netip"
	"time"

	"github.com/spf13/pflag"

	"nudge/cmd/nudge/internal/settings"
	"nudge/server"
)

// limitOptions bound what clients can take of a server.
type limitOptions struct {
	maxConnections             int
	maxHandshakeRate           float64
	maxConnectionsPerAddress   int
	maxHandshakeRatePerAddress float64
	trustedProxies             []netip.Prefix
	maxEventRate               float64
	maxReceiveRate             int
	maxDepth                   int
	maxAttachments             int
	maxRooms                   int
	maxOutbox                  int
	writeTimeout               time.Duration
	maxHeader                  int
	headerTimeout              time.Duration
	bodyTimeout                time.Duration
}

// defaultLimits returns the defaults of server.Limits.
func defaultLimits() limitOptions {
	return limitOptions{
		maxEventRate:   5000,
		maxReceiveRate: 10_000_000,
		maxDepth:       512,
		maxAttachments: 10,
		maxRooms:       1000,
		maxOutbox:      8 << 20,
		writeTimeout:   30 * time.Second,
		maxHeader:      16 << 10,
		headerTimeout:  10 * time.Second,
		bodyTimeout:    30 * time.Second,
	}
}

// bind adds a flag for every limit, in a group of their own.
func (o *limitOptions) bind(flags *pflag.FlagSet) {
	limits := pflag.NewFlagSet("", pflag.ContinueOnError)
	limits.SortFlags = false
	settings.Bind(limits, settings.Bound(&o.maxConnections), "max-connections", "NUDGE_MAX_CONNECTIONS",
		"most clients; 0: as many as the limit of open files leaves")
	settings.Bind(limits, settings.Rate(&o.maxHandshakeRate), "max-handshake-rate", "NUDGE_MAX_HANDSHAKE_RATE",
		"most new clients per second; 0: no bound")
	settings.Bind(limits, settings.Bound(&o.maxConnectionsPerAddress), "max-connections-per-address", "NUDGE_MAX_CONNECTIONS_PER_ADDRESS",
		"most clients of one IPv4 address or IPv6 /64; 0: no bound")
	settings.Bind(limits, settings.Rate(&o.maxHandshakeRatePerAddress), "max-handshake-rate-per-address", "NUDGE_MAX_HANDSHAKE_RATE_PER_ADDRESS",
		"most new clients of one address per second; 0: no bound")
	settings.Bind(limits, settings.Networks(&o.trustedProxies), "trusted-proxy", "NUDGE_TRUSTED_PROXY",
		"networks of proxies whose X-Forwarded-For names the client's address; repeat it or separate by commas")
	settings.Bind(limits, settings.Rate(&o.maxEventRate), "max-event-rate", "NUDGE_MAX_EVENT_RATE",
		"most messages of one client per second; what is more waits; 0: no bound")
	settings.Bind(limits, settings.SizeBound(&o.maxReceiveRate), "max-receive-rate", "NUDGE_MAX_RECEIVE_RATE",
		"most bytes of one client per second; what is more waits; 0: no bound")
	settings.Bind(limits, settings.Count(&o.maxDepth), "max-depth", "NUDGE_MAX_DEPTH",
		"deepest nesting of arrays and objects in a message")
	settings.Bind(limits, settings.Bound(&o.maxAttachments), "max-attachments", "NUDGE_MAX_ATTACHMENTS",
		"most binary attachments of a message; 0: none may come")
	settings.Bind(limits, settings.Bound(&o.maxRooms), "max-rooms", "NUDGE_MAX_ROOMS",
		"most rooms that one socket is in; 0: no bound")
	settings.Bind(limits, settings.Size(&o.maxOutbox), "max-outbox", "NUDGE_MAX_OUTBOX",
		"most that waits for one client; one that falls behind further is closed")
	settings.Bind(limits, settings.Duration(&o.writeTimeout), "write-timeout", "NUDGE_WRITE_TIMEOUT",
		"longest time for a client to take nothing while something waits for it")
	settings.Bind(limits, settings.Size(&o.maxHeader), "max-header", "NUDGE_MAX_HEADER",
		"longest line and headers of a request")
	settings.Bind(limits, settings.Duration(&o.headerTimeout), "header-timeout", "NUDGE_HEADER_TIMEOUT",
		"longest time that they take to arrive")
	settings.Bind(limits, settings.Duration(&o.bodyTimeout), "body-timeout", "NUDGE_BODY_TIMEOUT",
		"longest time that the body of a request takes to arrive")
	settings.Group(limits, "Limits")
	flags.AddFlagSet(limits)
}

// server returns the limits as the server takes them.
func (o *limitOptions) server() server.Limits {
	return server.Limits{
		MaxConnections:             o.maxConnections,
		MaxHandshakeRate:           o.maxHandshakeRate,
		MaxConnectionsPerAddress:   o.maxConnectionsPerAddress,
		MaxHandshakeRatePerAddress: o.maxHandshakeRatePerAddress,
		TrustedProxies:             o.trustedProxies,
		MaxEventRate:               orNone(o.maxEventRate),
		MaxReceiveRate:             orNone(o.maxReceiveRate),
		MaxDepth:                   o.maxDepth,
		MaxAttachments:             orNone(o.maxAttachments),
		MaxRooms:                   orNone(o.maxRooms),
		MaxOutbox:                  o.maxOutbox,
		WriteTimeout:               o.writeTimeout,
		MaxHeader:                  o.maxHeader,
		HeaderTimeout:              o.headerTimeout,
		BodyTimeout:                o.bodyTimeout,
	}
}

// orNone is a bound as server.Limits takes those whose zero value is a default.
func orNone[T int | float64](bound T) T {
	if bound == 0 {
		return -1
	}
	return bound
}
