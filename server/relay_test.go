package server

import (
	"errors"
	"fmt"
	"testing"

	"nudge/adapter"
	"nudge/server/chat"
)

func TestRelayError(t *testing.T) {
	other := errors.New("another")
	for _, test := range []struct{ from, to error }{
		{nil, nil},
		{adapter.ErrQueueFull, chat.ErrBusy},
		{adapter.ErrUnavailable, chat.ErrUnavailable},
		{adapter.ErrUnknown, chat.ErrUnknown},
		{adapter.ErrTooLarge, chat.ErrTooLarge},
		{adapter.ErrClosed, chat.ErrShuttingDown},
		{other, other},
	} {
		from := test.from
		if from != nil {
			from = fmt.Errorf("of some kind: %w", from)
		}
		got := relayError(from)
		if !errors.Is(got, test.to) || !errors.Is(got, test.from) {
			t.Errorf("%v becomes %v, want %v", from, got, test.to)
		}
		for _, code := range []error{chat.ErrBusy, chat.ErrUnavailable, chat.ErrUnknown, chat.ErrTooLarge, chat.ErrShuttingDown} {
			if !errors.Is(test.to, code) && errors.Is(got, code) {
				t.Errorf("%v becomes %v, which is %v too", from, got, code)
			}
		}
	}
}
