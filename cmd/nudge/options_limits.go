package main

import (
	"net/netip"

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
}

// defaultLimits returns the defaults of server.Limits.
func defaultLimits() limitOptions {
	return limitOptions{
		maxEventRate:   5000,
		maxReceiveRate: 10_000_000,
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
	}
}

// orNone is a bound as server.Limits takes those whose zero value is a default.
func orNone[T int | float64](bound T) T {
	if bound == 0 {
		return -1
	}
	return bound
}
