package store

import (
	"slices"
	"time"

	"nudge/server/chat"
)

// defaultAge is how long messages are kept where nothing else is said.
const defaultAge = 24 * time.Hour

// A message that is sent again is known by its key for leastKeyAge, though it may be kept
// for less, and while there are no more than keptKeys newer ones.
const (
	leastKeyAge = 24 * time.Hour
	keptKeys    = 100_000
)

// What the messages of all rooms take at most, in bytes, where nothing else is said;
// the least that can be said; and the part of it that one room may take.
const (
	DefaultBytes = 128 << 20
	LeastBytes   = 1 << 20
	roomShare    = 8
)

// search finds the place of an id among messages, and whether it is there.
func search(messages []chat.Message, id string) (at int, found bool) {
	return slices.BinarySearchFunc(messages, id, func(m chat.Message, id string) int { return chat.CompareIDs(m.ID, id) })
}

// clone is a copy that what is kept can change behind.
func clone(messages []chat.Message) []chat.Message { return slices.Clone(messages) }
