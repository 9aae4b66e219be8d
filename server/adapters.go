package server

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
)

// The adapters, which say how far broadcasts, rooms and requests of IO reach. The
// chat's own messages go by the relay, whatever the adapter.
const (
	// AdapterNone is for this process alone.
	AdapterNone = "none"
	// AdapterClassic joins all servers with the same Redis and key, those of Node
	// with createAdapter of @socket.io/redis-adapter among them.
	AdapterClassic = adapter.KindClassic
	// AdapterSharded is the same by the sharded pub/sub of Redis 7, with those of
	// Node with createShardedAdapter in its own default, the dynamic mode.
	AdapterSharded = adapter.KindSharded
	// AdapterStreams is the same by a stream of Redis, with those of Node with
	// @socket.io/redis-streams-adapter.
	AdapterStreams = adapter.KindStreams
)

// Adapters are all of them.
func Adapters() []string {
	return []string{AdapterClassic, AdapterSharded, AdapterStreams, AdapterNone}
}

// ErrAdapter means that Config.Adapter is none of the adapters, one that needs a
// Redis where none is configured, or one without the Recovery that is.
var ErrAdapter = errors.New("no such adapter")

// newAdapter makes the adapters that the server was configured for.
func (s *Server) newAdapter() (socket.AdapterConstructor, error) {
	kind := s.cfg.Adapter
	if kind == "" {
		kind = AdapterNone
		if s.cfg.RedisURL != "" {
			kind = AdapterClassic
		}
	}
	if s.cfg.Recovery != 0 && kind != AdapterStreams {
		return nil, fmt.Errorf("%w with recovery: %q: want %q", ErrAdapter, kind, AdapterStreams)
	}
	local := adapter.LocalConfig{MaxRooms: s.cfg.Limits.MaxRooms, OnRefused: s.onRefusedRooms}
	if kind == AdapterNone {
		return adapter.NewLocal(local), nil
	}
	kinds := map[string]func(adapter.ClusterConfig) (*adapter.Cluster, error){
		AdapterClassic: adapter.Classic,
		AdapterSharded: func(cfg adapter.ClusterConfig) (*adapter.Cluster, error) {
			return adapter.Sharded(adapter.ShardedConfig{ClusterConfig: cfg, Mode: s.cfg.ShardedMode})
		},
		AdapterStreams: func(cfg adapter.ClusterConfig) (*adapter.Cluster, error) {
			return adapter.Streams(adapter.StreamsConfig{ClusterConfig: cfg, Count: s.cfg.StreamCount, MaxLen: s.cfg.StreamMaxLen, MaxMissed: max(s.cfg.Limits.MaxOutbox/2, 1)})
		},
	}
	create := kinds[kind]
	switch {
	case create == nil:
		return nil, fmt.Errorf("%w: %q: want one of %q", ErrAdapter, kind, Adapters())
	case s.cfg.RedisURL == "":
		return nil, fmt.Errorf("%w without Redis: %q: configure one, or want %q", ErrAdapter, kind, AdapterNone)
	}
	cluster, err := create(adapter.ClusterConfig{
		URL:          s.cfg.RedisURL,
		Key:          s.cfg.AdapterKey,
		MaxPayload:   s.cfg.AdapterPayload,
		FlushTimeout: s.cfg.ShutdownTimeout / 4,
		Local:        local,
		Logger:       s.log,
	})
	if err != nil {
		return nil, fmt.Errorf("the adapter: %w", err)
	}
	s.cluster = cluster
	return cluster, nil
}

// recovery is what the library is told of sessions that outlive their connections.
func recovery(kept time.Duration) *socket.ConnectionStateRecovery {
	if kept == 0 {
		return nil
	}
	r := &socket.ConnectionStateRecovery{}
	r.SetMaxDisconnectionDuration(kept.Milliseconds())
	return r
}

// clusterState is the adapter in the body of /readyz.
type clusterState struct {
	Kind      string            `json:"kind"`
	Key       string            `json:"key"`
	Connected bool              `json:"connected"`
	Queued    int               `json:"queued"`
	Pending   int               `json:"pending_requests"`
	Counts    map[string]uint64 `json:"counts"`
}

// clusterState is nil where the adapter is for this process alone; the reason says
// why clients should not be sent here.
func (s *Server) clusterState() (state *clusterState, reason string) {
	if s.cluster == nil {
		return nil, ""
	}
	c := s.cluster.State()
	if !c.Connected {
		reason = "not connected to the cluster"
		if c.LastError != "" {
			reason += ": " + c.LastError
		}
	}
	return &clusterState{
		Kind: c.Kind, Key: cmp.Or(s.cfg.AdapterKey, "socket.io"), Connected: c.Connected, Queued: c.Queued, Pending: c.PendingRequests,
		Counts: map[string]uint64{
			"published":        c.Published,
			"received":         c.Received,
			"refused":          c.Refused,
			"too_large":        c.TooLarge,
			"expired":          c.Expired,
			"unavailable":      c.Unavailable,
			"unknown":          c.Unknown,
			"malformed":        c.Malformed,
			"dropped_too_long": c.DroppedTooLong,
			"dropped_overflow": c.DroppedOverflow,
			"incomplete":       c.Incomplete,
			"stream_gaps":      c.Gaps,
			"lost_entries":     c.LostEntries,
			"redis_connects":   c.Connects,
			"redis_losses":     c.Lost,
			"channels_moved":   c.Moved,
		},
	}, reason
}
