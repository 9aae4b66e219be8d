package adapter

import (
	"log/slog"
	"runtime"

	"github.com/redis/rueidis"
	"github.com/zishang520/socket.io/v2/socket"
)

// lapsedAtMost bounds how many sessions wait to be deleted while Redis is away. Each has
// a time to live, too.
const lapsedAtMost = 100_000

// watch has the session of a socket deleted when it ends for a reason that is not to be
// recovered from: the server has thrown it out, or its client has said goodbye. That the
// library asks for a session to be kept says nothing: it ends a socket twice where its
// client hangs up while it is thrown out, once for each reason.
func (t *sessionStore) watch(s *socket.Socket) {
	_ = s.On("disconnecting", func(args ...any) {
		if reason, _ := args[0].(string); !socket.RECOVERABLE_DISCONNECT_REASONS.Has(reason) {
			t.bar(s)
		}
	})
}

// bar has a socket's session deleted, and not kept again for as long as the socket is in
// memory.
func (t *sessionStore) bar(s *socket.Socket) {
	pid := privateID(s)
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, barred := t.barred[pid]; barred {
		return
	}
	t.barred[pid] = struct{}{}
	runtime.AddCleanup(s, func(pid socket.PrivateSessionId) {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.barred, pid)
	}, pid)
	t.lapse(pid)
}

// isBarred reports whether a session is not to be restored any more.
func (t *sessionStore) isBarred(pid socket.PrivateSessionId) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, barred := t.barred[pid]
	return barred
}

// take has the session of a socket not be kept when that ends, until give: its client is
// back, and goes on by it.
func (t *sessionStore) take(id socket.SocketId) (give func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.taken[id] = struct{}{}
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.taken, id)
	}
}

// lapse has sessions deleted soon. It is called with t.mu held.
func (t *sessionStore) lapse(pids ...socket.PrivateSessionId) {
	if len(t.lapsed)+len(pids) <= lapsedAtMost {
		t.lapsed = append(t.lapsed, pids...)
	}
}

// deleteAll deletes sessions, and tries those again later that Redis does not take.
func (t *sessionStore) deleteAll(pids []socket.PrivateSessionId) {
	errs, err := t.eachSession(pids, func(b rueidis.Builder, key string, _ int) rueidis.Completed {
		return b.Del().Key(key).Build()
	})
	if err != nil {
		t.r.s.log.Debug("sessions were not deleted", slog.Any("reason", err))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, err := range errs {
		if err != nil {
			t.lapse(pids[i])
		}
	}
}
