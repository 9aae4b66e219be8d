package store

import (
	"cmp"
	"container/list"
	"context"
	"fmt"
	"sync"
	"time"

	"nudge/server/chat"
)

// What a Memory takes at most, besides what its configuration says. The room that
// was silent longest goes first.
const (
	memoryRooms = 10_000
	perMessage  = 400  // what one takes besides its texts
	perRoom     = 1000 // what a room takes besides its messages
)

// MemoryConfig is what a Memory is made from.
type MemoryConfig struct {
	// Deliver takes each message, in order. It must not wait. Required.
	Deliver func([]chat.Message)
	// Old takes what is said in the lobby in the form of the old channel, in order.
	// It must not wait. Nil: nobody listens there.
	Old func(payload []byte)
	// Length is how many messages each room keeps. Zero: none.
	Length int
	// Age is how long they are kept. Default 24 h.
	Age time.Duration
	// Bytes is about how much memory the messages of all rooms take; one room takes an
	// eighth of it at most. Besides them, the keys of the newest 100,000, for 24 h or
	// Age, take some 30 MB. Default DefaultBytes, at least LeastBytes.
	Bytes int
}

// Memory is a chat.Store within this process.
type Memory struct {
	cfg MemoryConfig

	mu    sync.Mutex
	last  int64 // the id of the newest message: ms and sequence
	seq   uint64
	rooms map[string]*memoryRoom
	quiet list.List // the rooms but for the lobby, the one silent longest in front
	bytes int
	keys  map[string]chat.Receipt
	order []string // of keys, the oldest first
}

// memoryRoom is what one room keeps.
type memoryRoom struct {
	name     string
	place    *list.Element  // in Memory.quiet
	messages []chat.Message // oldest first
	bytes    int
}

// NewMemory makes an empty store.
func NewMemory(cfg MemoryConfig) *Memory {
	cfg.Age = cmp.Or(cfg.Age, defaultAge)
	cfg.Bytes = max(cmp.Or(cfg.Bytes, DefaultBytes), LeastBytes)
	return &Memory{cfg: cfg, rooms: map[string]*memoryRoom{}, keys: map[string]chat.Receipt{}}
}

// Append implements chat.Store.
func (m *Memory) Append(d chat.Draft, done func(chat.Receipt, error)) { done(m.append(d), nil) }

func (m *Memory) append(d chat.Draft) chat.Receipt {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forgetKeys()
	key := d.From.ID + " " + d.Key
	if first, known := m.keys[key]; known {
		return first
	}
	from := d.From
	message := m.stamp(chat.Message{Room: d.Room, From: &from, Text: d.Text, Key: d.Key})
	receipt := chat.Receipt{ID: message.ID, Time: message.Time}
	m.remember(key, receipt)
	m.keep(message)
	m.cfg.Deliver([]chat.Message{message})
	if d.Room == chat.Lobby && m.cfg.Old != nil {
		before, behind := chat.OldForm(d.Text)
		m.cfg.Old([]byte(before + message.ID + behind))
	}
	return receipt
}

// Foreign implements chat.Store.
func (m *Memory) Foreign(messages []chat.Foreign) {
	m.mu.Lock()
	defer m.mu.Unlock()
	stored := make([]chat.Message, len(messages))
	for i, f := range messages {
		stored[i] = m.stamp(chat.Message{Room: chat.Lobby, Text: f.Text})
		m.keep(stored[i])
	}
	m.cfg.Deliver(stored)
}

// stamp gives a message its place, behind all others.
func (m *Memory) stamp(message chat.Message) chat.Message {
	if now := time.Now().UnixMilli(); now > m.last {
		m.last, m.seq = now, 0
	} else {
		m.seq++
	}
	message.Time, message.ID = m.last, fmt.Sprintf("%d-%d", m.last, m.seq)
	return message
}

// remember keeps the key of a new message, with its receipt.
func (m *Memory) remember(key string, r chat.Receipt) {
	m.order = append(m.order, key)
	m.keys[key] = r
	m.forgetKeys()
}

// forgetKeys forgets keys that are too old or too many.
func (m *Memory) forgetKeys() {
	horizon := time.Now().Add(-max(m.cfg.Age, leastKeyAge)).UnixMilli()
	for len(m.order) > keptKeys || len(m.order) > 0 && m.keys[m.order[0]].Time < horizon {
		delete(m.keys, m.order[0])
		m.order = m.order[1:]
	}
}

// horizon is the time before which nothing is kept.
func (m *Memory) horizon() int64 { return time.Now().Add(-m.cfg.Age).UnixMilli() }

func (m *Memory) keep(message chat.Message) {
	if m.cfg.Length <= 0 {
		return
	}
	r := m.room(message.Room)
	r.messages = append(r.messages, message)
	m.grow(r, sizeOf(message))
	m.trim(r)
	for m.quiet.Len() > 1 && (len(m.rooms) > memoryRooms || m.bytes > m.cfg.Bytes) {
		oldest, _ := m.quiet.Front().Value.(*memoryRoom)
		m.forget(oldest)
	}
}

// sizeOf is about how much memory a message takes.
func sizeOf(message chat.Message) int {
	size := len(message.Text) + len(message.Key) + perMessage
	if message.From != nil {
		size += len(message.From.Name)
	}
	return size
}

func (m *Memory) grow(r *memoryRoom, by int) {
	r.bytes += by
	m.bytes += by
}

// room returns a room that something is said in now.
func (m *Memory) room(name string) *memoryRoom {
	r := m.rooms[name]
	if r == nil {
		r = &memoryRoom{name: name}
		m.rooms[name] = r
		m.grow(r, perRoom)
		if name != chat.Lobby {
			r.place = m.quiet.PushBack(r)
		}
	}
	if r.place != nil {
		m.quiet.MoveToBack(r.place)
	}
	return r
}

// trim takes out what a room keeps no longer.
func (m *Memory) trim(r *memoryRoom) {
	horizon := m.horizon()
	for len(r.messages) > m.cfg.Length || len(r.messages) > 0 && r.messages[0].Time < horizon ||
		len(r.messages) > 1 && r.bytes > m.cfg.Bytes/roomShare {
		m.grow(r, -sizeOf(r.messages[0]))
		r.messages[0] = chat.Message{} // the array lives on
		r.messages = r.messages[1:]
	}
	if len(r.messages) == 0 {
		m.forget(r)
	}
}

func (m *Memory) forget(r *memoryRoom) {
	m.bytes -= r.bytes
	delete(m.rooms, r.name)
	if r.place != nil {
		m.quiet.Remove(r.place)
	}
}

// Page implements chat.Store.
func (m *Memory) Page(_ context.Context, q chat.Query) (chat.Page, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var kept []chat.Message
	if r := m.rooms[q.Room]; r != nil {
		m.trim(r)
		kept = r.messages
	}
	return pageOf(kept, q), nil
}

// pageOf is the part of messages, the oldest first, that a query wants.
func pageOf(kept []chat.Message, q chat.Query) chat.Page {
	if q.After != "" {
		at, found := search(kept, q.After)
		if found {
			at++
		}
		end := min(at+q.Last, len(kept))
		return chat.Page{Messages: clone(kept[at:end]), More: end < len(kept), Gap: !found}
	}
	end := len(kept)
	if q.Before != "" {
		end, _ = search(kept, q.Before)
	}
	start := max(0, end-q.Last)
	return chat.Page{Messages: clone(kept[start:end]), More: start > 0}
}
