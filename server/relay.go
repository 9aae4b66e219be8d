package server

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/rueidis"

	"nudge/adapter"
	"nudge/server/chat"
	"nudge/server/store"
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
	cfg := chat.Config{Relay: relay{bridge}, MaxMessage: s.cfg.MaxPublish}
	if !s.cfg.DisableChat {
		s.keepMessages(&cfg)
	}
	s.chat = chat.New(cfg)
	return nil
}

// keepMessages has the chat speak version 1.
func (s *Server) keepMessages(cfg *chat.Config) {
	s.clients = &chatClients{}
	cfg.Clients = s.clients
	cfg.Node = s.cfg.NodeName
	cfg.HistoryLength = max(0, s.cfg.HistoryLength)
	if s.cfg.RedisURL == "" {
		cfg.Store = store.NewMemory(store.MemoryConfig{
			Deliver: func(messages []chat.Message) { s.chat.Deliver(messages) },
			Old:     func(payload []byte) { s.emitOld([][]byte{payload}) },
			Length:  cfg.HistoryLength,
			Age:     s.cfg.HistoryAge,
			Bytes:   s.cfg.HistoryBytes,
		})
		return
	}
	s.store = store.NewRedis(s.storeConfig())
	cfg.Store, cfg.Peers = s.store, s.store
}

// storeConfig is that of a store on Redis.
func (s *Server) storeConfig() store.RedisConfig {
	return store.RedisConfig{
		Dial: func(ctx context.Context) (rueidis.Client, func(), error) {
			return adapter.DialCut(ctx, adapter.DialConfig{URL: s.cfg.RedisURL})
		},
		Channel:  s.cfg.Channel,
		NodeName: s.cfg.NodeName,
		Subscribed: func() (times uint64, now bool) {
			state := s.bridge.State()
			return state.Connects, state.Connected
		},
		Length:    max(0, s.cfg.HistoryLength),
		Age:       s.cfg.HistoryAge,
		Bytes:     s.cfg.HistoryBytes,
		QueueLen:  s.cfg.PublishQueue,
		QueueWait: s.cfg.PublishWait,
		Logger:    s.log,

		CloseTimeout: s.cfg.ShutdownTimeout / 2,
	}
}

// deliver takes what arrived on the channel.
func (s *Server) deliver(payloads [][]byte) {
	s.emitOld(payloads)
	s.chat.Arrived(payloads)
}

// emitOld emits messages of the channel to this node's clients that ask for no
// version 1: as they came, in a string, and to no other node, since each has them
// from the channel itself.
func (s *Server) emitOld(payloads [][]byte) {
	var to adapter.Target
	if s.clients != nil {
		to = s.clients.others()
	}
	s.emit(to, chatMessage, payloads)
}

// emit emits an event for each of payloads.
func (s *Server) emit(to adapter.Target, event string, payloads [][]byte) {
	messages := make([][]any, len(payloads))
	for i, payload := range payloads {
		messages[i] = []any{string(payload)}
	}
	adapter.EmitBatchTo(s.io.Sockets(), to, event, messages...)
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
