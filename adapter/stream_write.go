package adapter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"github.com/redis/rueidis"
)

const (
	// scanCount is how many entries are looked through at once for those of this node.
	scanCount = 500
	// recentEntries is how many entries of this node are looked for after a failover.
	recentEntries = 1000
)

// streamEntry is what makes a publication an entry of a stream.
type streamEntry struct {
	uid  string
	kind int64
}

// writerState is what the one that adds entries must know of the session before.
type writerState struct {
	queue   *outbox
	unknown []*publication // Redis may have taken them or not
	from    string         // an id before that of all of them
	recent  []string       // the ids of the last entries that were taken
	server  string         // the server that they were sent to
	history string         // the id of its data set
	client  int64          // the connection there
}

// settle finds out what became of the entries that were on their way when the last
// session ended. That connection is closed by its server first, so that nothing of it
// can arrive later; then what is not in the stream is to be sent again. Where a replica
// has become the master it is not: the former master may have given it to others before.
func (s *stream) settle(ctx context.Context, session *streamSession) error {
	w := &s.writer
	if w.server == session.server && w.client != 0 && w.client != session.writerClient {
		kill := session.client.B().Arbitrary("CLIENT", "KILL", "ID", strconv.FormatInt(w.client, 10)).Build()
		if err := s.do(ctx, session.write, kill).Error(); err != nil && !isRedisError(err) {
			return err
		}
	}
	if len(w.unknown) > 0 || w.server != session.server && len(w.recent) > 0 {
		if err := s.lookForOwn(ctx, session); err != nil {
			return fmt.Errorf("look for what was sent: %w", err)
		}
	}
	w.server, w.history, w.client = session.server, session.history, session.writerClient
	return nil
}

// lookForOwn looks through the stream for the entries whose outcome is unknown, and,
// where the server is another one, for those that the last one had taken.
func (s *stream) lookForOwn(ctx context.Context, session *streamSession) error {
	w := &s.writer
	from, missing := w.from, map[string]struct{}{}
	if w.server != session.server && len(w.recent) > 0 {
		from = w.recent[0]
		for _, id := range w.recent {
			missing[id] = struct{}{}
		}
	} else if from != "-" {
		from = "(" + from
	}
	for {
		entries, err := s.do(ctx, session.write, session.client.B().Xrange().Key(s.name).Start(from).End("+").Count(scanCount).Build()).AsXRange()
		if err != nil {
			return err
		}
		for _, e := range entries {
			delete(missing, e.ID)
			if laterID(e.ID, w.from) && len(w.unknown) > 0 && isEntry(w.unknown[0], e.FieldValues) {
				s.taken(w.unknown[0], e.ID)
				w.unknown = w.unknown[1:] // at once: the next page may not come
			}
		}
		if len(entries) < scanCount {
			break
		}
		from = "(" + entries[len(entries)-1].ID
	}
	if len(missing) > 0 {
		if err := s.forgetTrimmed(ctx, session, missing); err != nil {
			return err
		}
	}
	if n := len(missing); n > 0 {
		s.cluster.pubsub.count.lostEntries.Add(uint64(n))
		s.cluster.pubsub.log.Error("a failover has lost entries that this node had added", slog.String("stream", s.name), slog.Int("entries", n))
	}
	if w.server != session.server {
		w.recent = nil
	}
	left := w.unknown
	w.unknown = nil
	if w.history == "" || session.before != w.history {
		w.queue.putBack(left)
		return nil
	}
	for _, m := range left {
		w.queue.release(m)
		s.cluster.pubsub.count.unknown.Add(1)
	}
	if len(left) > 0 {
		s.cluster.pubsub.log.Warn("entries were cut off on their way by a failover, their outcome is unknown", slog.String("stream", s.name), slog.Int("entries", len(left)))
	}
	return nil
}

// forgetTrimmed leaves out of missing what the stream's bound on its length has cut off:
// what is before its first entry, where more was added to it than it holds. It is asked
// after the entries were looked through, so that none was cut off in between.
func (s *stream) forgetTrimmed(ctx context.Context, session *streamSession, missing map[string]struct{}) error {
	info, err := s.do(ctx, session.write, session.client.B().XinfoStream().Key(s.name).Build()).AsMap()
	if isRedisError(err) {
		return nil // there is no stream any more, or nobody may ask for it
	}
	if err != nil {
		return err
	}
	length, added, first := info["length"], info["entries-added"], info["first-entry"]
	has, err := length.AsInt64()
	if err != nil {
		return err
	}
	if all, err := added.AsInt64(); err == nil && all == has {
		return nil // nothing was cut off; before Redis 7 there is no telling
	}
	entry, err := first.AsXRangeEntry()
	if err != nil {
		return nil //nolint:nilerr // it is empty
	}
	for id := range missing {
		if laterID(entry.ID, id) {
			delete(missing, id)
		}
	}
	return nil
}

// isEntry reports whether an entry of the stream is one that was to be added.
func isEntry(m *publication, fields map[string]string) bool {
	return fields["uid"] == m.entry.uid && fields["nsp"] == m.channel &&
		fields["type"] == strconv.FormatInt(m.entry.kind, 10) && fields["data"] == string(m.payload)
}

// taken is called when an entry is in the stream.
func (s *stream) taken(m *publication, id string) {
	w := &s.writer
	w.from = id
	if len(w.recent) >= recentEntries {
		w.recent = append(w.recent[:0], w.recent[recentEntries/2:]...)
	}
	w.recent = append(w.recent, id)
	s.cluster.pubsub.count.published.Add(1)
	w.queue.release(m)
}

// keepWriting adds what waits, in order, until ctx ends or something fails.
func (s *stream) keepWriting(ctx context.Context, session *streamSession) error {
	queue := s.writer.queue
	for {
		select {
		case <-queue.wake:
		case <-ctx.Done():
			return nil
		}
		err := queue.drain(ctx, func(batch []*publication) error { return s.write(ctx, session, batch) })
		if err != nil {
			return fmt.Errorf("add to the stream: %w", err)
		}
	}
}

// write adds entries in one pipeline.
func (s *stream) write(ctx context.Context, session *streamSession, batch []*publication) error {
	if ctx.Err() != nil {
		s.writer.queue.putBack(batch)
		return nil // the reason is known
	}
	commands := make([]rueidis.Completed, len(batch))
	for i, m := range batch {
		commands[i] = session.client.B().Arbitrary("XADD").Keys(s.name).Args("MAXLEN", "~", strconv.Itoa(s.cfg.MaxLen), "*",
			"uid", m.entry.uid, "nsp", m.channel, "type", strconv.FormatInt(m.entry.kind, 10),
			"data", rueidis.BinaryString(m.payload)).Build()
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	var failed error
	var again []*publication
	for i, result := range session.write.DoMulti(limited, commands...) {
		id, err := result.ToString()
		switch {
		case err == nil:
			s.taken(batch[i], id)
		case !isRedisError(err):
			s.writer.unknown = append(s.writer.unknown, batch[i])
			failed = err
		case isPassing(err):
			again = append(again, batch[i])
			failed = err
		default:
			s.cluster.pubsub.count.unavailable.Add(1)
			s.cluster.pubsub.sayRefused(s.name, err)
			s.writer.queue.release(batch[i])
		}
	}
	s.writer.queue.putBack(again)
	if errors.Is(failed, context.DeadlineExceeded) {
		return errNoAnswer
	}
	return failed
}

// isPassing reports whether Redis has refused a command that it may take later, or
// elsewhere.
func isPassing(err error) bool {
	for _, code := range []string{"LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "NOREPLICAS", "MISCONF", "MOVED", "ASK", "TRYAGAIN", "UNBLOCKED"} {
		if strings.HasPrefix(err.Error(), code+" ") {
			return true
		}
	}
	return false
}
