package adapter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/rueidis"
	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"
)

const (
	// missedScan bounds how many entries are looked through for what a client has
	// missed, and missedOverhead is what each of them takes besides its data.
	missedScan, missedOverhead = 20_000, 64
	// restoresAtOnce bounds how many sessions are read at a time: of a node that was
	// killed all clients come back at once.
	restoresAtOnce = 16
	// resumeWait bounds how long a restored socket waits until this node has read what
	// the client was given, and resumeLook is how often that is looked at.
	resumeWait, resumeLook = 5 * time.Second, 5 * time.Millisecond
	// restoring bounds how long a session that was restored may take to connect.
	restoring = time.Minute
	// sessionKept is how long a session is kept where nothing is said, as in Node.
	sessionKept = 2 * time.Minute
	// longestPID bounds the ids of sessions that a client may ask for.
	longestPID = 128
)

// errNoSession means that there is no session to restore, or that more was missed than
// is looked through.
var errNoSession = errors.New("no session to restore")

// errFormer means that the connection which a client has left has not ended.
var errFormer = fmt.Errorf("%w: the former connection of its client did not end within %s", errNoSession, formerEnds)

// recovery restores sessions: the connection state recovery of Socket.IO, where the
// server has it switched on.
type recovery struct {
	s       *streams
	keep    time.Duration // how long a session outlives its connection
	places  chan struct{} // of those that are read
	handled string        // the id of the entry handled last; belongs to lane

	mu       sync.Mutex
	own      []*ownBroadcast
	due      []*ownBroadcast // that can be delivered, before all of own
	timer    *time.Timer
	resuming map[socket.SocketId]*resumption
	sessions sessionStore
	closed   bool
}

// resumption is up to which entry a client was given all whose socket will connect.
type resumption struct{ upTo string }

func newRecovery(s *streams, keep time.Duration) *recovery {
	if keep <= 0 {
		keep = sessionKept
	}
	r := &recovery{s: s, keep: keep, places: make(chan struct{}, restoresAtOnce), resuming: map[socket.SocketId]*resumption{}}
	r.sessions.begin(r)
	return r
}

func (r *recovery) close() {
	r.mu.Lock()
	r.closed = true
	r.release(r.own)
	r.flush()
	if r.timer != nil {
		r.timer.Stop()
	}
	r.mu.Unlock()
	r.sessions.close()
}

// RestoreSession takes the session of a client that comes back, on whichever node it
// was, and reads what the client has missed from the stream.
func (s *streams) RestoreSession(pid socket.PrivateSessionId, offset string) (*socket.Session, error) {
	if _, _, valid := splitID(offset); s.recovery == nil || !valid || len(pid) > longestPID || s.recovery.sessions.isBarred(pid) {
		return nil, errNoSession
	}
	s.recovery.places <- struct{}{}
	defer func() { <-s.recovery.places }()
	ctx, cancel := context.WithTimeout(context.Background(), s.stream.timeout)
	defer cancel()
	var session *socket.Session
	err := s.cluster.pubsub.do(ctx, func(ctx context.Context, client rueidis.Client) error {
		kept, err := s.takeSession(ctx, client, pid)
		if err != nil {
			if errors.Is(err, errWire) {
				s.cluster.pubsub.malformed(sessionKey+"*", err) // its own key lets anyone take it over
			}
			return err
		}
		at, err := client.Do(ctx, client.B().Xrange().Key(s.stream.name).Start(offset).End(offset).Build()).AsXRange()
		if err != nil {
			return err
		}
		if len(at) == 0 {
			return errNoSession
		}
		if live := s.liveSession(kept.Sid); live != nil && live.Pid == pid {
			kept = live // which is newer
		}
		if !s.endFormer(kept.Sid) {
			return errFormer
		}
		missed, upTo, err := s.missed(ctx, client, offset, kept.Rooms)
		if err != nil {
			return err
		}
		session = &socket.Session{SessionToPersist: kept, MissedPackets: missed}
		s.recovery.restore(kept.Sid, upTo)
		s.tellRestored(kept.Sid)
		return nil
	})
	return session, err
}

// restore notes that a socket will connect that was given all up to an entry.
func (r *recovery) restore(id socket.SocketId, upTo string) {
	r.s.hold(id)
	this := &resumption{upTo}
	r.mu.Lock()
	r.resuming[id] = this
	r.mu.Unlock()
	time.AfterFunc(restoring, func() {
		r.mu.Lock()
		never := r.resuming[id] == this // and not restored once more meanwhile
		if never {
			delete(r.resuming, id)
		}
		r.mu.Unlock()
		if never {
			r.s.letGo(id)
		}
	})
}

// connects takes up to which entry a socket was given all, "" if it is not restored.
func (r *recovery) connects(id socket.SocketId) (upTo string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	this := r.resuming[id]
	if this == nil {
		return ""
	}
	delete(r.resuming, id)
	return this.upTo
}

// missed reads the events behind an entry for who is in rooms, each as a list of its
// arguments and its offset, and the id of the last entry that was looked at.
func (s *streams) missed(ctx context.Context, client rueidis.Client, from string, rooms *types.Set[socket.Room]) (packets []any, upTo string, err error) {
	upTo = from
	seen, size := 0, 0
	err = s.eachEntry(ctx, client, from, "+", func(entry rueidis.XRangeEntry) error {
		upTo = entry.ID
		if seen++; seen > missedScan {
			return fmt.Errorf("%w: more than %d entries were missed", errNoSession, missedScan)
		}
		packet := s.eventFor(entry, rooms)
		if packet == nil {
			return nil
		}
		packets = append(packets, packet.Data)
		if size += missedOverhead + len(entry.FieldValues["data"]); size > s.cfg.MaxMissed {
			return fmt.Errorf("%w: more than %d bytes were missed", errNoSession, s.cfg.MaxMissed)
		}
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	return packets, upTo, nil
}

// eventFor is the event in an entry, with its offset, if it is one for who is in rooms,
// and else nil.
func (s *streams) eventFor(entry rueidis.XRangeEntry, rooms *types.Set[socket.Room]) *parser.Packet {
	e, _ := entryOf(entry)
	if e.nsp != s.nsp || e.kind != peerBroadcast || len(e.data) > s.cluster.cfg.MaxPayload {
		return nil
	}
	m, err := s.readEntry(e)
	if err != nil {
		return nil // it was counted when it came
	}
	packet, err := s.readPacket(m.data["packet"])
	if err != nil {
		return nil
	}
	o, err := readOptions(m.data["opts"])
	if err != nil || o.flags.Volatile || !o.reaches(rooms) {
		return nil
	}
	packet.Data = append(packet.Data.([]any), e.id)
	return packet
}

// reaches reports whether a broadcast with the options reaches who is in rooms.
func (o wireOptions) reaches(rooms *types.Set[socket.Room]) bool {
	for _, room := range o.except {
		if rooms.Has(room) {
			return false
		}
	}
	for _, room := range o.rooms {
		if rooms.Has(room) {
			return true
		}
	}
	return len(o.rooms) == 0
}

// AddAll adds a socket to rooms. A socket whose session is restored gets broadcasts
// from then on when it is connected, and this node has come to where its client is.
func (s *streams) AddAll(id socket.SocketId, rooms *types.Set[socket.Room]) {
	s.local.AddAll(id, rooms)
	if s.recovery == nil {
		return
	}
	if sock, there := s.Nsp().Sockets().Load(id); there {
		s.recovery.sessions.changed(id)
		if rooms.Has(socket.Room(id)) {
			s.recovery.sessions.watch(sock)
		}
		if upTo := s.recovery.connects(id); upTo != "" {
			s.recovery.await(id, upTo, time.Now())
		}
	}
}

// Del takes a socket out of a room.
func (s *streams) Del(id socket.SocketId, room socket.Room) {
	s.local.Del(id, room)
	if s.recovery != nil {
		s.recovery.sessions.changed(id)
	}
}

// await has a socket resume once all up to an entry has been read here.
func (r *recovery) await(id socket.SocketId, upTo string, since time.Time) {
	reached, _ := r.s.stream.reached.Load().(string)
	if !laterID(upTo, reached) || time.Since(since) > resumeWait {
		r.s.lane.always(func() { r.resume(id, upTo) })
		return
	}
	time.AfterFunc(resumeLook, func() { r.await(id, upTo, since) })
}

// resume gives a socket what has been handled here while it was held back, and all that
// comes from then on. It runs in lane.
func (r *recovery) resume(id socket.SocketId, upTo string) {
	held := false
	defer func() {
		if !held {
			r.s.letGo(id)
		}
	}()
	rooms := r.s.SocketRooms(id)
	if rooms == nil || r.handled == "" || !laterID(r.handled, upTo) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), r.s.stream.timeout)
	defer cancel()
	err := r.s.cluster.pubsub.do(ctx, func(ctx context.Context, client rueidis.Client) error {
		return r.s.eachEntry(ctx, client, upTo, r.handled, func(entry rueidis.XRangeEntry) error {
			if packet := r.s.eventFor(entry, rooms); packet != nil {
				r.s.sendOne(id, packet)
			}
			return nil
		})
	})
	if err != nil {
		r.s.log.Warn("a restored session was cut off, as what came while it connected cannot be read", slog.Any("reason", err))
		held = r.cutOff(id)
	}
}

// cutOff ends the connection of a socket that is held back, so that its client comes back for
// what it has missed: with the next broadcast it would be behind it for good.
func (r *recovery) cutOff(id socket.SocketId) (here bool) {
	s, here := r.s.Nsp().Sockets().Load(id)
	if here {
		go func() {
			defer r.s.letGo(id)
			s.Conn().Close(true)
		}()
	}
	return here
}
