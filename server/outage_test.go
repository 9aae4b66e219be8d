package server

import (
	"strings"
	"testing"

	"nudge/adapter/adaptertest/redistest"
)

// TestOutageIsTold: a server that was ready and loses Redis, or what it may do there, is
// not ready, says which part of it is cut off and why, and is ready when that is over.
func TestOutageIsTold(t *testing.T) {
	cluster := func(s *testServer, state readiness) (connected bool, reason string) {
		_, reason = s.clusterState()
		return state.Cluster.Connected, reason
	}
	parts := map[string]struct {
		cfg    Config
		part   func(*testServer, readiness) (connected bool, reason string)
		reason string
	}{
		AdapterClassic: {Config{Adapter: AdapterClassic}, cluster, "not connected to the cluster: "},
		AdapterSharded: {Config{Adapter: AdapterSharded}, cluster, "not connected to the cluster: "},
		AdapterStreams: {Config{Adapter: AdapterStreams}, cluster, "not connected to the cluster: "},
		"bridge": {
			Config{Adapter: AdapterNone, Bridges: []Bridge{{"PRICES", "price"}}},
			func(s *testServer, state readiness) (connected bool, reason string) {
				_, reason = s.bridgeStates()
				return state.Bridges[0].Connected, reason
			},
			"the bridge PRICES=price is not connected to Redis: ",
		},
	}
	outages := []struct {
		name       string
		begin, end func(*redistest.Server)
		// alone is whether only this part is cut off, and not the chat: the reason of all is
		// its reason then.
		alone bool
	}{
		{"Redis dies", (*redistest.Server).Kill, (*redistest.Server).Start, false},
		{
			"channels are denied",
			func(r *redistest.Server) { r.Do("ACL", "SETUSER", "default", "resetchannels", "&*MESSAGES*") },
			func(r *redistest.Server) { r.Do("ACL", "SETUSER", "default", "allchannels") },
			true,
		},
	}
	for name, p := range parts {
		t.Run(name, func(t *testing.T) {
			redis := redistest.Start(t)
			p.cfg.RedisURL = redis.URL()
			s := start(t, p.cfg)
			ready := func() bool {
				status, state := s.readyz()
				connected, reason := p.part(s, state)
				return status == 200 && connected && reason == "" && state.Reason == ""
			}
			eventually(t, "readiness", ready)
			for _, outage := range outages {
				outage.begin(redis)
				eventually(t, "word that "+outage.name, func() bool {
					status, state := s.readyz()
					connected, reason := p.part(s, state)
					return status == 503 && !connected && strings.HasPrefix(reason, p.reason) && state.Reason != "" &&
						(!outage.alone || strings.HasPrefix(state.Reason, p.reason))
				})
				outage.end(redis)
				eventually(t, "readiness after "+outage.name, ready)
			}
		})
	}
}
