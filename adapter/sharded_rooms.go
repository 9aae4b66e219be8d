package adapter

import (
	"context"
	"errors"
	"sync"
	"time"
	"unicode/utf16"

	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io/v2/socket"
)

// joinWait is how long a socket that joins waits at most for a channel to be
// subscribed to.
const joinWait = time.Second

// nodeSocketID is the length of the ids of Node's sockets. Node goes by it: in the
// dynamic mode it publishes to no channel of a room whose name has that length. The
// ids of this library's sockets are longer, so that Node takes them for rooms, and
// each has a channel.
const nodeSocketID = 20

// hasChannel reports whether a room has a channel of its own.
func (s *sharded) hasChannel(room socket.Room) bool {
	switch s.mode {
	case SubscribeDynamicPrivate:
		return true
	case SubscribeDynamic:
		return utf16Len(string(room)) != nodeSocketID
	default:
		return false
	}
}

// utf16Len is the length that a text has in JavaScript.
func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}

func (s *sharded) roomChannel(room socket.Room) string { return s.channel + string(room) + "#" }

// followRooms has the channels of rooms subscribed to for as long as anyone is in
// them.
func (s *sharded) followRooms() error {
	if s.mode == SubscribeStatic {
		return nil
	}
	for _, event := range []types.EventName{"create-room", "delete-room"} {
		if err := s.On(event, func(args ...any) {
			if room, ok := args[0].(socket.Room); ok {
				s.follow(room)
			}
		}); err != nil {
			return err
		}
	}
	return nil
}

// follow begins or ends the subscription to a room's channel, as it is needed now. It
// does not wait. The result is nil where there is none.
func (s *sharded) follow(room socket.Room) *subscribed {
	if !s.hasChannel(room) {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	sub := s.followed[room]
	wanted := s.hasRoom(room)
	switch {
	case wanted && sub == nil:
		sub = s.cluster.pubsub.begin(s.lane, s.onMessage, topic{topicShard, s.roomChannel(room)})
		s.followed[room] = sub
	case !wanted && sub != nil:
		sub.end()
		delete(s.followed, room)
		sub = nil
	}
	return sub
}

// AddAll adds a socket to rooms. It returns when their channels are subscribed to: who
// has joined a room gets what any node emits to it from then on.
func (s *sharded) AddAll(id socket.SocketId, rooms *types.Set[socket.Room]) {
	s.local.AddAll(id, rooms)
	if s.mode == SubscribeStatic {
		return
	}
	var subs []*subscribed
	for _, room := range rooms.Keys() {
		if sub := s.follow(room); sub != nil {
			subs = append(subs, sub)
		}
	}
	if !s.cluster.pubsub.reaches() {
		return // all are subscribed to once it does, and until then nothing comes
	}
	ctx, cancel := context.WithTimeout(context.Background(), joinWait)
	defer cancel()
	for _, sub := range subs {
		if err := sub.await(ctx); err != nil && !errors.Is(err, errAway) {
			return
		}
	}
}

const (
	// joiningFor is how long other nodes may take to subscribe to the channel of a
	// room that they were asked to have sockets join.
	joiningFor = 5 * time.Second
	// joiningRooms bounds the rooms that are remembered for that.
	joiningRooms = 10_000
)

// joining are rooms that this node has just asked others to have sockets join. What
// is emitted to them goes to all nodes for a while, behind what was asked: a node that
// subscribes to the room's channel meanwhile would miss it.
type joining struct {
	mu    sync.Mutex
	until map[socket.Room]time.Time
	all   time.Time // until when all rooms count as such
}

func (j *joining) add(rooms []socket.Room) {
	j.mu.Lock()
	defer j.mu.Unlock()
	now := time.Now()
	if len(j.until)+len(rooms) > joiningRooms {
		j.until, j.all = nil, now.Add(joiningFor)
		return
	}
	if j.until == nil {
		j.until = map[socket.Room]time.Time{}
	}
	for _, room := range rooms {
		j.until[room] = now.Add(joiningFor)
	}
}

func (j *joining) has(room socket.Room) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.until) == 0 && j.all.IsZero() {
		return false
	}
	now := time.Now()
	until, is := j.until[room]
	if is && now.After(until) {
		delete(j.until, room)
		is = false
	}
	return is || now.Before(j.all)
}

// AddSockets makes the sockets that match opts join rooms, on all nodes. Those of this
// node have when it returns. What this node then emits to the rooms reaches all.
func (s *sharded) AddSockets(opts *socket.BroadcastOptions, rooms []socket.Room) {
	if !isLocal(opts) {
		s.joining.add(rooms)
	}
	s.exchange.AddSockets(opts, rooms)
}
