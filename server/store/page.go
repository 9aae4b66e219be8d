package store

import (
	"slices"
	"time"

	"nudge/server/chat"
)

// defaultAge is how long messages are kept where nothing else is said.
const defaultAge = 24 * time.Hour

// search finds the place of an id among messages, and whether it is there.
func search(messages []chat.Message, id string) (at int, found bool) {
	return slices.BinarySearchFunc(messages, id, func(m chat.Message, id string) int { return chat.CompareIDs(m.ID, id) })
}

// clone is a copy that what is kept can change behind.
func clone(messages []chat.Message) []chat.Message { return slices.Clone(messages) }
