package chat

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Session is a connection of version 1. Its methods may be called one at a time,
// but for Close.
type Session struct {
	chat   *Chat
	client Client
	id     string // the person's
	ctx    context.Context
	cancel context.CancelFunc

	mu     sync.Mutex
	rooms  map[string]struct{}
	closed bool

	names, typing, entries limiter
	sending                atomic.Int32 // messages whose answers are due
}

// maxSending is how many messages of one connection may wait for their answers: all
// connections share the store's queue.
const maxSending = 256

// ProblemOf puts an error in the terms that a client may know.
func ProblemOf(err error) *Problem { return answerFor(err).Error }

var errVersion = fmt.Errorf("%w: auth.chat is a whole number", ErrInvalid)

// ReadAuth makes an Auth of the values that a client sent, nil for what it left out.
// Its errors wrap ErrInvalid, and are the client's to read.
func ReadAuth(version, key, name any) (Auth, error) {
	var a Auth
	switch v := version.(type) {
	case float64:
		if a.Chat = int(v); float64(a.Chat) != v {
			return Auth{}, errVersion
		}
	case int:
		a.Chat = v
	case int64:
		a.Chat = int(v)
	default:
		return Auth{}, errVersion
	}
	var isText bool
	if a.Key, isText = key.(string); !isText {
		return Auth{}, fmt.Errorf("%w: auth.key is a string", ErrInvalid)
	}
	if a.Name, isText = name.(string); !isText && name != nil {
		return Auth{}, fmt.Errorf("%w: auth.name is a string", ErrInvalid)
	}
	return a, a.check()
}

func (a Auth) check() error {
	if a.Chat != Version {
		return fmt.Errorf("%w: this server speaks version %d of the chat protocol, not %d", ErrInvalid, Version, a.Chat)
	}
	if err := checkKey(a.Key, minAuthKey, maxAuthKey); err != nil {
		return err
	}
	if a.Name == "" {
		return nil
	}
	return checkName(a.Name)
}

// Connect takes a client in, whose auth is from ReadAuth, and says hello to it.
func (c *Chat) Connect(client Client, auth Auth) *Session {
	s := &Session{chat: c, client: client, id: personID(auth.Key), rooms: map[string]struct{}{}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	you := c.presence.come(s.id, auth.Name)
	features := []string{FeaturePresence, FeatureTyping, FeatureRooms}
	if c.cfg.HistoryLength > 0 {
		features = append([]string{FeatureHistory}, features...)
	}
	client.Emit(EventHello, Hello{
		Version:  Version,
		Node:     c.cfg.Node,
		Time:     time.Now().UnixMilli(),
		You:      you,
		Features: features,
		Limits:   Limits{Text: MaxText, Name: MaxName, Rooms: MaxRooms, History: c.cfg.HistoryLength},
	})
	return s
}

// Close ends the session: it leaves its rooms.
func (s *Session) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	s.cancel()
	for room := range s.rooms {
		s.chat.presence.exit(s.id, room)
	}
	clear(s.rooms)
	s.chat.presence.away(s.id)
}

// in tells whether the session is in a room.
func (s *Session) in(room string) error {
	if err := checkRoom(room); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, in := s.rooms[room]; !in {
		return fmt.Errorf("%w: join the room first", ErrInvalid)
	}
	return nil
}

// enter takes the session into a room; entered is false where it was in it.
func (s *Session) enter(room string) (entered bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false, fmt.Errorf("%w: the connection is closed", ErrUnavailable)
	}
	if _, in := s.rooms[room]; in {
		return false, nil
	}
	if len(s.rooms) >= MaxRooms {
		return false, fmt.Errorf("%w: a client may be in %d rooms", ErrInvalid, MaxRooms)
	}
	const rate, burst = 1, 2 * MaxRooms
	if !s.entries.allow(time.Now(), rate, burst) {
		return false, ErrRateLimited
	}
	if !s.client.Join(room) {
		return false, fmt.Errorf("%w: the client may be in no more rooms", ErrInvalid)
	}
	s.rooms[room] = struct{}{}
	s.chat.presence.enter(s.id, room)
	return true, nil
}

func (s *Session) exit(room string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, in := s.rooms[room]; !in {
		return
	}
	delete(s.rooms, room)
	s.client.Leave(room)
	s.chat.presence.exit(s.id, room)
}
