package store

import (
	"errors"
	"slices"
	"testing"
	"time"

	"nudge/server/chat"
)

// TestQueueGivesUp: what is said of a message that waited for too long depends on what
// may have become of it.
func TestQueueGivesUp(t *testing.T) {
	refused, cut := errors.New("refused"), errors.New("cut off")
	for what, test := range map[string]struct {
		happens func(q *queue)
		want    error
		reason  error
	}{
		"nothing":                     {func(*queue) {}, chat.ErrUnavailable, nil},
		"under way":                   {func(q *queue) { q.take(1) }, chat.ErrUnknown, nil},
		"refused":                     {func(q *queue) { q.noted(q.take(1)[0], refused) }, chat.ErrUnavailable, refused},
		"cut off":                     {func(q *queue) { q.sent(q.take(1)[0], cut) }, chat.ErrUnknown, cut},
		"cut off, then refused":       {func(q *queue) { q.sent(q.take(1)[0], cut); q.noted(q.take(1)[0], refused) }, chat.ErrUnknown, refused},
		"refused, then under way":     {func(q *queue) { q.noted(q.take(1)[0], refused); q.take(1) }, chat.ErrUnknown, refused},
		"one before it was under way": {func(q *queue) { q.settle(q.all[0], chat.Receipt{}, nil); q.put(chat.Draft{}, ignore) }, nil, nil},
	} {
		q := newQueue(10, time.Minute)
		var got []error
		q.put(chat.Draft{}, func(_ chat.Receipt, err error) { got = append(got, err) })
		test.happens(q)
		q.fail(chat.ErrUnavailable)
		if len(got) != 1 || !errors.Is(got[0], test.want) || test.reason != nil && !errors.Is(got[0], test.reason) {
			t.Errorf("%s: %v, want %v of %v", what, got, test.want, test.reason)
		}
		if q.len() != 0 {
			t.Errorf("%s: %d wait", what, q.len())
		}
	}
}

func ignore(chat.Receipt, error) {}

func TestQueueBounds(t *testing.T) {
	q := newQueue(2, time.Minute)
	var got []error
	note := func(_ chat.Receipt, err error) { got = append(got, err) }
	for range 3 {
		q.put(chat.Draft{}, note)
	}
	if !slices.Equal(got, []error{chat.ErrBusy}) {
		t.Errorf("the third of two got %v", got)
	}
	q.close()
	q.put(chat.Draft{}, note)
	if !slices.Equal(got, []error{chat.ErrBusy, chat.ErrShuttingDown}) {
		t.Errorf("after the end it got %v", got)
	}
	q.fail(chat.ErrShuttingDown)
	q.drained(time.Hour) // at once: nothing waits
	if len(got) != 4 {
		t.Errorf("in all they got %v", got)
	}
}
