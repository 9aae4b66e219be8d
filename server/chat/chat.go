package chat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"nudge/adapter/esjson"
)

// Relay carries a message to every node of the chat, this one included.
type Relay interface {
	// Publish sends payload after all that was published before it, and calls
	// done once: with nil when it is under way to every node, else with an
	// error that wraps one of this package's. It never waits.
	Publish(payload []byte, done func(error))
}

// Config is what a Chat is made from.
type Config struct {
	// Relay carries the messages. Required.
	Relay Relay
	// MaxMessage bounds a message as it is relayed, in bytes. Default 1,000,000.
	MaxMessage int

	// Store keeps the messages, and has them delivered by Deliver. Without one there
	// is no version 1.
	Store Store
	// Clients are those of version 1. Required where there is a Store.
	Clients Clients
	// Peers are the other nodes. Nil: there are none.
	Peers Peers
	// Node is what clients are told of where they are.
	Node string
	// HistoryLength is how many messages the Store keeps of each room, 0: none.
	HistoryLength int
}

// Chat takes messages from clients.
type Chat struct {
	cfg      Config
	invalid  atomic.Uint64
	presence *presence
}

// New makes a Chat.
func New(cfg Config) *Chat {
	cfg.MaxMessage = cmp.Or(cfg.MaxMessage, 1_000_000)
	return &Chat{cfg: cfg, presence: newPresence(cfg.Clients, cfg.Peers)}
}

// Run tells clients and peers who comes and goes, until ctx ends.
func (c *Chat) Run(ctx context.Context) { c.presence.run(ctx) }

// Deliver hands stored messages, in their order, to this node's clients of version 1.
func (c *Chat) Deliver(messages []Message) {
	for len(messages) > 0 {
		room := messages[0].Room
		var run []any
		for len(messages) > 0 && messages[0].Room == room {
			run = append(run, messages[0])
			messages = messages[1:]
		}
		c.cfg.Clients.Emit(room, EventMessage, false, run...)
	}
}

// Resync tells this node's clients of version 1 that some messages were not
// delivered to them.
func (c *Chat) Resync() {
	for _, room := range c.presence.rooms() {
		c.cfg.Clients.Emit(room, EventResync, false, ResyncEvent{Room: room})
	}
}

// count counts a request that was refused for what it is.
func (c *Chat) count(err error) {
	if errors.Is(err, ErrInvalid) || errors.Is(err, ErrTooLarge) {
		c.invalid.Add(1)
	}
}

// Invalid counts the messages that were refused for what they are.
func (c *Chat) Invalid() uint64 { return c.invalid.Load() }

// Message takes one "event:message", whose first argument was arg, as JSON; nil
// where there was none. What is relayed is {"message":…} as JSON.stringify
// writes it, whatever else arg holds: the form of the Node servers that may be
// on the same channel. answer is called once, with what the sender is to know.
func (c *Chat) Message(arg []byte, answer func(Answer)) {
	payload, err := c.payload(arg)
	if err != nil {
		c.invalid.Add(1)
		answer(answerFor(err))
		return
	}
	c.cfg.Relay.Publish(payload, func(err error) { answer(answerFor(err)) })
}

func (c *Chat) payload(arg []byte) ([]byte, error) {
	const want = `event:message takes one argument, {"message": …}`
	if arg == nil {
		return nil, fmt.Errorf("%w: %s, and there was none", ErrInvalid, want)
	}
	value, found, err := esjson.Lookup(arg, "message", esjson.Limits{})
	switch {
	case errors.Is(err, esjson.ErrNotObject):
		return nil, fmt.Errorf("%w: %s, and it was no object", ErrInvalid, want)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	case !found:
		return nil, fmt.Errorf(`%w: %s, and it had no "message"`, ErrInvalid, want)
	}
	payload := make([]byte, 0, len(value)+len(`{"message":}`))
	payload = append(payload, `{"message":`...)
	payload, err = esjson.AppendStringify(payload, value, esjson.Limits{})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	payload = append(payload, '}')
	if len(payload) > c.cfg.MaxMessage {
		return nil, fmt.Errorf("%w: %d bytes, %d are allowed", ErrTooLarge, len(payload), c.cfg.MaxMessage)
	}
	return payload, nil
}
