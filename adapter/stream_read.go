package adapter

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"
)

const (
	// readCount is how many entries are read at once.
	readCount = 100
	// readBlock is how long Redis waits for an entry. It is less than Redis may take to
	// answer, so that a connection that brings nothing is known to be dead.
	readBlock = time.Second
	// laneFull is how long a reader waits for those who handle entries.
	laneFull = 10 * time.Millisecond
)

// readEntry is one entry of a stream.
type readEntry struct {
	id   string
	uid  string
	nsp  string
	kind int
	data string
}

// keepReading hands on the entries from the place in the stream, and moves that.
func (s *stream) keepReading(ctx context.Context, session *streamSession) error {
	for ctx.Err() == nil {
		limited, cancel := context.WithTimeout(ctx, readBlock+s.timeout)
		read, err := session.read.Do(limited, session.client.B().Xread().Count(readCount).Block(readBlock.Milliseconds()).
			Streams().Key(s.name).Id(s.place).Build()).AsXRead()
		cancel()
		switch {
		case rueidis.IsRedisNil(err):
			continue
		case err != nil:
			return err // which is not the first where ctx has ended
		}
		for _, entry := range read[s.name] {
			if !s.handOn(ctx, entry) {
				return nil
			}
			s.moveTo(entry.ID)
		}
	}
	return nil
}

// handOn gives an entry to the adapter of its namespace. It waits for as long as there
// is no room for what waits to be handled: nothing read is dropped. It is false if ctx
// has ended before.
func (s *stream) handOn(ctx context.Context, entry rueidis.XRangeEntry) bool {
	p := s.cluster.pubsub
	e, known := entryOf(entry)
	s.mu.Lock()
	a := s.adapters[e.nsp]
	s.mu.Unlock()
	if a == nil {
		return true // a namespace that is not here
	}
	if len(e.data) > p.cfg.MaxPayload {
		p.count.droppedTooLong.Add(1)
		return true
	}
	if !known {
		p.malformed(s.name, wireError("the entry is of no known type"))
		return true
	}
	p.count.received.Add(1)
	for !a.lane.put(len(e.data), func() { a.onEntry(e) }) {
		select {
		case <-time.After(laneFull):
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// entryOf reads the fields of an entry. known is whether its type is.
func entryOf(entry rueidis.XRangeEntry) (e readEntry, known bool) {
	e = readEntry{id: entry.ID, uid: entry.FieldValues["uid"], nsp: entry.FieldValues["nsp"], data: entry.FieldValues["data"]}
	kind, err := strconv.Atoi(entry.FieldValues["type"])
	e.kind = kind
	return e, err == nil && kind >= peerFirstHeartbeat && kind <= peerClose
}

// laterID reports whether an id of an entry comes behind another.
func laterID(a, b string) bool {
	aMillis, aSeq, okA := splitID(a)
	bMillis, bSeq, okB := splitID(b)
	return okA && okB && (aMillis > bMillis || aMillis == bMillis && aSeq > bSeq)
}

// splitID reads the id of an entry, as Redis writes it.
func splitID(id string) (millis, seq uint64, ok bool) {
	first, second, found := strings.Cut(id, "-")
	millis, err1 := strconv.ParseUint(first, 10, 64)
	seq, err2 := strconv.ParseUint(second, 10, 64)
	return millis, seq, found && err1 == nil && err2 == nil
}
