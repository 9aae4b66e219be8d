package chat

import (
	"cmp"
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
}

// Chat takes messages from clients.
type Chat struct {
	cfg     Config
	invalid atomic.Uint64
}

// New makes a Chat.
func New(cfg Config) *Chat {
	cfg.MaxMessage = cmp.Or(cfg.MaxMessage, 1_000_000)
	return &Chat{cfg: cfg}
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
