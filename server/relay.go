package server

import (
	"errors"
	"fmt"

	"nudge/adapter"
	"nudge/server/chat"
)

// newRelay makes the bridge to the channel and the chat on top of it.
func (s *Server) newRelay() error {
	bridge, err := adapter.NewBridge(adapter.BridgeConfig{
		URL:          s.cfg.RedisURL,
		Channel:      s.cfg.Channel,
		MaxPayload:   s.cfg.MaxPublish,
		QueueLen:     s.cfg.PublishQueue,
		QueueWait:    s.cfg.PublishWait,
		FlushTimeout: s.cfg.ShutdownTimeout / 4,
		Deliver:      s.deliver,
		Logger:       s.log,
	})
	if err != nil {
		return fmt.Errorf("the relay: %w", err)
	}
	s.bridge = bridge
	s.chat = chat.New(chat.Config{Relay: relay{bridge}, MaxMessage: s.cfg.MaxPublish})
	return nil
}

// deliver emits what arrived on the channel to this node's clients: as it came,
// in a string, and to no other node, since each has it from the channel itself.
func (s *Server) deliver(payloads [][]byte) { s.emit(chatMessage, payloads) }

// emit emits an event for each of payloads.
func (s *Server) emit(event string, payloads [][]byte) {
	messages := make([][]any, len(payloads))
	for i, payload := range payloads {
		messages[i] = []any{string(payload)}
	}
	adapter.EmitBatch(s.io.Sockets(), event, messages...)
}

// relay is a bridge as package chat sees it.
type relay struct{ bridge *adapter.Bridge }

func (r relay) Publish(payload []byte, done func(error)) {
	r.bridge.Publish(payload, func(err error) { done(relayError(err)) })
}

// relayError puts the bridge's errors in the chat's terms.
func relayError(err error) error {
	for _, known := range []struct{ from, to error }{
		{adapter.ErrQueueFull, chat.ErrBusy},
		{adapter.ErrUnavailable, chat.ErrUnavailable},
		{adapter.ErrUnknown, chat.ErrUnknown},
		{adapter.ErrTooLarge, chat.ErrTooLarge},
		{adapter.ErrClosed, chat.ErrShuttingDown},
	} {
		if errors.Is(err, known.from) {
			return fmt.Errorf("%w: %w", known.to, err)
		}
	}
	return err
}
