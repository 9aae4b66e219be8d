package server

import (
	"encoding/json"
	"io"
	"net/http"
	"time"

	"nudge/adapter"
)

// readiness is the body of /readyz.
type readiness struct {
	Status   string            `json:"status"` // "ready" or "not ready"
	Reason   string            `json:"reason,omitempty"`
	Node     string            `json:"node"`
	Relay    relayState        `json:"relay"`
	Cluster  *clusterState     `json:"cluster,omitempty"`
	Bridges  []bridgeState     `json:"bridges,omitempty"`
	Chat     *chatState        `json:"chat,omitempty"`
	Sessions int               `json:"sessions"`
	Counts   map[string]uint64 `json:"counts"`
}

type relayState struct {
	Kind      string    `json:"kind"` // "redis" or "in-process"
	Redis     string    `json:"redis,omitempty"`
	Channel   string    `json:"channel"`
	Connected bool      `json:"connected"`
	Since     time.Time `json:"since"`
	Queued    int       `json:"queued"` // messages that wait for Redis
}

// serveHealth answers whether the process is alive.
func (s *Server) serveHealth(w http.ResponseWriter, r *http.Request) {
	if !allowRead(w, r) {
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, "ok\n")
}

// serveReadiness answers whether clients should be sent here: 200, or 503 with
// the reason.
func (s *Server) serveReadiness(w http.ResponseWriter, r *http.Request) {
	if !allowRead(w, r) {
		return
	}
	state := s.readiness()
	body, err := json.Marshal(state)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if state.Reason != "" {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = w.Write(append(body, '\n'))
}

func (s *Server) readiness() readiness {
	relay, engine := s.bridge.State(), s.engine.Stats()
	state := readiness{
		Status: "ready",
		Node:   s.cfg.NodeName,
		Relay: relayState{
			Kind: relay.Kind, Channel: s.cfg.Channel, Connected: relay.Connected,
			Since: relay.Since, Queued: relay.Queued,
		},
		Sessions: engine.Sessions,
		Counts: map[string]uint64{
			"published":        relay.Published,
			"delivered":        relay.Delivered,
			"repaired":         relay.Repaired,
			"refused_invalid":  s.chat.Invalid(),
			"refused_busy":     relay.Refused,
			"refused_large":    relay.TooLarge,
			"unavailable":      relay.Unavailable,
			"unknown":          relay.Unknown,
			"dropped_too_long": relay.DroppedTooLong,
			"dropped_overflow": relay.DroppedOverflow,
			"redis_connects":   relay.Connects,
			"redis_losses":     relay.Lost,
			"slow_consumers":   engine.SlowConsumers,

			"refused_descriptors":         s.listener.refused.Load(),
			"refused_connections":         engine.RefusedConnections,
			"refused_rate":                engine.RefusedRate,
			"refused_address_connections": engine.RefusedAddressConnections,
			"refused_rooms":               s.refusedRooms.Count(),
			"slowed":                      engine.Slowed,
			"refused_address_rate":        engine.RefusedAddressRate,
		},
	}
	var cutOff string
	state.Cluster, cutOff = s.clusterState()
	var storeError string
	state.Chat, storeError = s.chatState()
	var deaf string
	state.Bridges, deaf = s.bridgeStates()
	if relay.Kind == adapter.KindRedis {
		state.Relay.Redis = adapter.RedactURL(s.cfg.RedisURL)
	}
	switch {
	case s.draining.Load():
		state.Reason = "shutting down"
	case !relay.Connected:
		state.Reason = "not connected to Redis"
		if relay.LastError != "" {
			state.Reason += ": " + relay.LastError
		}
	case state.Chat != nil && !state.Chat.Connected:
		state.Reason = "the chat's store is not connected: " + storeError
	case cutOff != "":
		state.Reason = cutOff
	case deaf != "":
		state.Reason = deaf
	}
	if state.Reason != "" {
		state.Status = "not ready"
	}
	return state
}
