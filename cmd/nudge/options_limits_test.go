package main

import "nudge/server"

// everyLimit lists each flag that bounds what clients can take.
var everyLimit = []optionCase{
	{"max-connections", "NUDGE_MAX_CONNECTIONS", [3]string{"1", "2", "0"}, [3]string{"1", "2", "0"}, "0", "-1",
		func(_ *options, c server.Config) any { return c.Limits.MaxConnections }},
	{"max-handshake-rate", "NUDGE_MAX_HANDSHAKE_RATE", [3]string{"1", "2.5", "0"}, [3]string{"1", "2.5", "0"}, "0", "fast",
		func(_ *options, c server.Config) any { return c.Limits.MaxHandshakeRate }},
	{"max-connections-per-address", "NUDGE_MAX_CONNECTIONS_PER_ADDRESS", [3]string{"1", "2", "0"}, [3]string{"1", "2", "0"}, "0", "1.5",
		func(_ *options, c server.Config) any { return c.Limits.MaxConnectionsPerAddress }},
	{"max-handshake-rate-per-address", "NUDGE_MAX_HANDSHAKE_RATE_PER_ADDRESS", [3]string{"1", "0.5", "0"}, [3]string{"1", "0.5", "0"}, "0", "-1",
		func(_ *options, c server.Config) any { return c.Limits.MaxHandshakeRatePerAddress }},
	{"trusted-proxy", "NUDGE_TRUSTED_PROXY", [3]string{"10.0.0.1", "10.0.0.0/8,fd00::/8", "::1"}, [3]string{"[10.0.0.1/32]", "[10.0.0.0/8 fd00::/8]", "[::1/128]"}, "[]", "proxy",
		func(_ *options, c server.Config) any { return c.Limits.TrustedProxies }},
	{"max-event-rate", "NUDGE_MAX_EVENT_RATE", [3]string{"1", "2.5", "0"}, [3]string{"1", "2.5", "-1"}, "5000", "-1",
		func(_ *options, c server.Config) any { return c.Limits.MaxEventRate }},
	{"max-receive-rate", "NUDGE_MAX_RECEIVE_RATE", [3]string{"1", "2MB", "0"}, [3]string{"1", "2000000", "-1"}, "10000000", "1.5MB",
		func(_ *options, c server.Config) any { return c.Limits.MaxReceiveRate }},
	{"max-depth", "NUDGE_MAX_DEPTH", [3]string{"1", "2", "3"}, [3]string{"1", "2", "3"}, "512", "0",
		func(_ *options, c server.Config) any { return c.Limits.MaxDepth }},
	{"max-attachments", "NUDGE_MAX_ATTACHMENTS", [3]string{"1", "2", "0"}, [3]string{"1", "2", "-1"}, "10", "-1",
		func(_ *options, c server.Config) any { return c.Limits.MaxAttachments }},
	{"max-rooms", "NUDGE_MAX_ROOMS", [3]string{"1", "2", "0"}, [3]string{"1", "2", "-1"}, "1000", "-1",
		func(_ *options, c server.Config) any { return c.Limits.MaxRooms }},
	{"max-outbox", "NUDGE_MAX_OUTBOX", [3]string{"1", "2KB", "3KiB"}, [3]string{"1", "2000", "3072"}, "8388608", "0",
		func(_ *options, c server.Config) any { return c.Limits.MaxOutbox }},
	{"write-timeout", "NUDGE_WRITE_TIMEOUT", [3]string{"1s", "2m", "3ms"}, [3]string{"1s", "2m0s", "3ms"}, "30s", "5",
		func(_ *options, c server.Config) any { return c.Limits.WriteTimeout }},
	{"max-header", "NUDGE_MAX_HEADER", [3]string{"1", "2KB", "3KiB"}, [3]string{"1", "2000", "3072"}, "16384", "0",
		func(_ *options, c server.Config) any { return c.Limits.MaxHeader }},
	{"header-timeout", "NUDGE_HEADER_TIMEOUT", [3]string{"1s", "2m", "3ms"}, [3]string{"1s", "2m0s", "3ms"}, "10s", "5",
		func(_ *options, c server.Config) any { return c.Limits.HeaderTimeout }},
	{"body-timeout", "NUDGE_BODY_TIMEOUT", [3]string{"1s", "2m", "3ms"}, [3]string{"1s", "2m0s", "3ms"}, "30s", "5",
		func(_ *options, c server.Config) any { return c.Limits.BodyTimeout }},
}
