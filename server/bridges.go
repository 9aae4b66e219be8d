package server

import (
	"errors"
	"fmt"
	"time"

	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
)

// Bridge is a Redis channel whose messages reach the clients of this node: each as an
// event whose argument is what was published, as a string. Who publishes is anyone:
// the server itself does not.
type Bridge struct {
	Channel string
	Event   string
}

// String is the channel and the event, with = between them.
func (b Bridge) String() string { return b.Channel + "=" + b.Event }

// maxBridges bounds Config.Bridges: each has connections of its own.
const maxBridges = 64

// ErrBridge means that one of Config.Bridges cannot be: it has no channel or event, the
// event is one that Socket.IO keeps for itself, the channel is that of another or of
// the chat, no Redis is configured, or they are too many.
var ErrBridge = errors.New("no such bridge")

// eventBridge is a Bridge at work.
type eventBridge struct {
	Bridge
	bridge *adapter.Bridge
}

// newBridges makes the bridges that the server was configured for.
func (s *Server) newBridges() error {
	if err := s.checkBridges(); err != nil {
		return err
	}
	for _, of := range s.cfg.Bridges {
		bridge, err := adapter.NewBridge(adapter.BridgeConfig{
			URL:        s.cfg.RedisURL,
			Channel:    of.Channel,
			MaxPayload: s.cfg.MaxPublish,
			Deliver:    func(payloads [][]byte) { s.emit(adapter.Target{}, of.Event, payloads) },
			Logger:     s.log,
		})
		if err != nil {
			return fmt.Errorf("the bridge %s: %w", of, err)
		}
		s.bridges = append(s.bridges, &eventBridge{of, bridge})
	}
	return nil
}

func (s *Server) checkBridges() error {
	all := s.cfg.Bridges
	if len(all) > 0 && s.cfg.RedisURL == "" {
		return fmt.Errorf("%w without Redis: configure one, as there is nobody else to publish", ErrBridge)
	}
	if len(all) > maxBridges {
		return fmt.Errorf("%w: %d are configured, at most %d may be", ErrBridge, len(all), maxBridges)
	}
	taken := map[string]string{s.cfg.Channel: "the chat"}
	for _, b := range all {
		switch other := taken[b.Channel]; {
		case b.Channel == "" || b.Event == "":
			return fmt.Errorf("%w: %q: want a channel and an event", ErrBridge, b)
		case socket.SOCKET_RESERVED_EVENTS.Has(b.Event):
			return fmt.Errorf("%w: %q: the event %s is Socket.IO's own: take another", ErrBridge, b, b.Event)
		case other != "":
			return fmt.Errorf("%w: %q: the channel is that of %s", ErrBridge, b, other)
		}
		taken[b.Channel] = fmt.Sprintf("%q", b)
	}
	return nil
}

// bridgeState is a bridge in the body of /readyz.
type bridgeState struct {
	Channel   string            `json:"channel"`
	Event     string            `json:"event"`
	Connected bool              `json:"connected"`
	Since     time.Time         `json:"since"`
	Counts    map[string]uint64 `json:"counts"`
}

// bridgeStates are all of them; the reason says why clients should not be sent here.
func (s *Server) bridgeStates() (states []bridgeState, reason string) {
	for _, b := range s.bridges {
		is := b.bridge.State()
		states = append(states, bridgeState{
			Channel: b.Channel, Event: b.Event, Connected: is.Connected, Since: is.Since,
			Counts: map[string]uint64{
				"delivered":        is.Delivered,
				"repaired":         is.Repaired,
				"dropped_too_long": is.DroppedTooLong,
				"dropped_overflow": is.DroppedOverflow,
				"redis_connects":   is.Connects,
				"redis_losses":     is.Lost,
			},
		})
		if !is.Connected && reason == "" {
			reason = fmt.Sprintf("the bridge %s is not connected to Redis", b.Bridge)
			if is.LastError != "" {
				reason += ": " + is.LastError
			}
		}
	}
	return states, reason
}
