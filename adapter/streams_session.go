package adapter

import (
	"context"
	"encoding/base64"
	"log/slog"
	"reflect"
	"sync"
	"time"

	"github.com/redis/rueidis"
	"github.com/zishang520/socket.io/v2/socket"
)

const (
	// sessionKey is what the keys of sessions begin with, in Node, too.
	sessionKey = "sio:session:"
	// sessionEvery is how long a change waits at most to be kept: that much of a
	// session is lost with a node that is killed.
	sessionEvery = 50 * time.Millisecond
	// sessionsAtOnce is how many are kept by one pipeline.
	sessionsAtOnce = 256
)

// sessionStore keeps the sessions of a namespace in Redis: when they change, and again
// and again while they last. So the session of a client whose node is killed is there
// as that of one who has said goodbye.
type sessionStore struct {
	r       *recovery
	stop    context.CancelFunc
	stopped chan struct{}

	mu     sync.Mutex
	dirty  map[socket.SocketId]struct{}
	ended  []*socket.SessionToPersist
	lapsed []socket.PrivateSessionId            // that wait to be deleted
	barred map[socket.PrivateSessionId]struct{} // that are not to be kept again
	taken  map[socket.SocketId]struct{}         // whose clients are back, and which are about to end
}

func (t *sessionStore) begin(r *recovery) {
	t.r, t.stopped = r, make(chan struct{})
	t.dirty, t.taken = map[socket.SocketId]struct{}{}, map[socket.SocketId]struct{}{}
	t.barred = map[socket.PrivateSessionId]struct{}{}
	ctx, cancel := context.WithCancel(context.Background())
	t.stop = cancel
	go t.run(ctx)
}

// run keeps what has changed, and all at half of the time that a session is kept for.
func (t *sessionStore) run(ctx context.Context) {
	defer close(t.stopped)
	changed, all := time.NewTicker(sessionEvery), time.NewTicker(max(t.r.keep/2, sessionEvery))
	defer changed.Stop()
	defer all.Stop()
	for {
		select {
		case <-changed.C:
		case <-all.C:
			t.r.s.Nsp().Sockets().Range(func(id socket.SocketId, _ *socket.Socket) bool {
				t.changed(id)
				return true
			})
		case <-ctx.Done():
			t.flush() //nolint:contextcheck // what waits is kept at the end, too
			return
		}
		t.flush() //nolint:contextcheck // each command has its own time
	}
}

func (t *sessionStore) close() {
	t.stop()
	<-t.stopped
}

// changed has the session of a socket kept soon.
func (t *sessionStore) changed(id socket.SocketId) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dirty[id] = struct{}{}
}

// PersistSession keeps the session of a client whose connection has ended.
func (s *streams) PersistSession(session *socket.SessionToPersist) {
	if s.recovery == nil {
		return
	}
	t := &s.recovery.sessions
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.dirty, session.Sid)
	if _, taken := t.taken[session.Sid]; taken {
		return
	}
	if _, barred := t.barred[session.Pid]; !barred {
		t.ended = append(t.ended, session)
	}
}

// flush keeps what has changed. What Redis does not take is kept with its next change.
func (t *sessionStore) flush() {
	t.mu.Lock()
	dirty, ended, lapsed := t.dirty, t.ended, t.lapsed
	t.dirty, t.ended, t.lapsed = map[socket.SocketId]struct{}{}, nil, nil
	t.mu.Unlock()
	t.keepAll(ended, t.r.keep)
	t.deleteAll(lapsed)
	live := make([]*socket.SessionToPersist, 0, len(dirty))
	for id := range dirty {
		if session := t.r.s.liveSession(id); session != nil && !t.isBarred(session.Pid) {
			live = append(live, session)
		}
	}
	t.keepAll(live, t.r.keep+t.r.keep/2) // the half of it until it is kept again
}

func (t *sessionStore) keepAll(sessions []*socket.SessionToPersist, long time.Duration) {
	pids := make([]socket.PrivateSessionId, len(sessions))
	for i, session := range sessions {
		pids[i] = session.Pid
	}
	_, err := t.eachSession(pids, func(b rueidis.Builder, key string, i int) rueidis.Completed {
		return b.Set().Key(key).Value(base64.StdEncoding.EncodeToString(t.r.s.packSession(sessions[i]))).
			PxMilliseconds(max(1, long.Milliseconds())).Build()
	})
	if err != nil {
		t.r.s.log.Debug("sessions were not kept", slog.Any("reason", err))
	}
}

// liveSession is the session of a socket that is connected, nil if there is none.
func (s *streams) liveSession(id socket.SocketId) *socket.SessionToPersist {
	sock, ok := s.Nsp().Sockets().Load(id)
	rooms := s.SocketRooms(id)
	if !ok || rooms == nil {
		return nil
	}
	pid := privateID(sock)
	if pid == "" {
		return nil
	}
	return &socket.SessionToPersist{Sid: id, Pid: pid, Rooms: rooms, Data: sock.Data()}
}

// privateID is the id that a client comes back by. The library has it for itself until
// the connection has ended, when a node that is killed has no time to keep it.
func privateID(s *socket.Socket) socket.PrivateSessionId {
	pid := reflect.ValueOf(s).Elem().FieldByName("pid")
	if !pid.IsValid() || pid.Kind() != reflect.String {
		return ""
	}
	return socket.PrivateSessionId(pid.String())
}
