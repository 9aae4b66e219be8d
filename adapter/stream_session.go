package adapter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/redis/rueidis"
)

// run has one session after the other, until ctx ends; then it sends what waits, while
// it is connected, and drops the rest.
func (s *stream) run(ctx context.Context) {
	queue := s.writer.queue
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	var sessions sync.WaitGroup
	sessions.Go(func() { s.stayConnected(work) })
	<-ctx.Done()
	queue.close()
	s.flush(queue)
	stop()
	sessions.Wait()
	rest := append(s.writer.unknown, queue.empty()...)
	for i, m := range rest {
		queue.release(m)
		if i < len(s.writer.unknown) {
			s.cluster.pubsub.count.unknown.Add(1)
		} else {
			s.cluster.pubsub.count.expired.Add(1)
		}
	}
	s.state.down("closed")
}

// flush waits for the entries that wait, unless there is no connection for them.
func (s *stream) flush(queue *outbox) {
	for deadline := time.Now().Add(s.cluster.cfg.FlushTimeout); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		held, _ := queue.size()
		if connected, _, _ := s.state.get(); held == 0 || !connected {
			return
		}
	}
}

func (s *stream) stayConnected(ctx context.Context) {
	backoff := firstBackoff
	for {
		start := time.Now()
		err := s.session(ctx)
		if ctx.Err() == nil {
			s.disconnected(err)
		}
		s.mu.Lock()
		if s.queue == s.writer.queue { // else a next run has begun, and this is its own
			close(s.failed)
			s.failed = make(chan struct{})
		}
		s.mu.Unlock()
		if ctx.Err() != nil {
			return
		}
		if time.Since(start) > settled {
			backoff = firstBackoff
		}
		select {
		case <-time.After(backoff/2 + rand.N(backoff/2)):
		case <-ctx.Done():
			return
		}
		backoff = min(backoff*2, lastBackoff)
	}
}

// disconnected says so, once for each reason.
func (s *stream) disconnected(err error) {
	p := s.cluster.pubsub
	why := reason(scrub(err, p.url.option.Password))
	if s.state.down(why) {
		p.count.lost.Add(1)
		p.log.Warn("cut off from the stream, trying on", slog.String("stream", s.name), slog.String("reason", why))
	}
}

// streamSession is a connection that adds entries and one that reads them.
type streamSession struct {
	client       rueidis.Client
	conns        *connSet
	write, read  rueidis.DedicatedClient
	server       string // the id of the run of the redis-server
	history      string // the id of its data set
	before       string // that of the master whose replica it was
	writerClient int64  // the id of the connection that adds
}

// session is connected until something fails or ctx ends.
func (s *stream) session(ctx context.Context) error {
	client, conns, err := dial(ctx, DialConfig{URL: s.cluster.cfg.URL, Configure: s.cluster.cfg.Configure})
	if err != nil {
		return err
	}
	master := masterOf(client)
	live, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	defer client.Close()
	defer conns.closeAll() // first, as Close waits for a Redis that hangs
	session := &streamSession{client: client, conns: conns}
	release, err := s.open(live, session)
	defer release()
	if err != nil {
		return err
	}
	s.cluster.pubsub.count.connects.Add(1)
	if away := s.state.up(); away > 0 {
		s.cluster.pubsub.log.Info("reading the stream", slog.String("stream", s.name), slog.Duration("after", away.Round(time.Millisecond)))
	}
	return conns.work(live, fail,
		func(ctx context.Context) error { return s.keepReading(ctx, session) },
		func(ctx context.Context) error { return s.keepWriting(ctx, session) },
		func(ctx context.Context) error { return keepToMaster(ctx, client, master) },
	)
}

// open makes the connections, finds the place in the stream, and settles what the last
// session has left.
func (s *stream) open(ctx context.Context, session *streamSession) (release func(), err error) {
	stop := context.AfterFunc(ctx, session.conns.closeAll) // Dedicate takes no context
	defer stop()
	var releaseWrite, releaseRead func()
	session.write, releaseWrite = session.client.Dedicate()
	session.read, releaseRead = session.client.Dedicate()
	release = func() { releaseWrite(); releaseRead() }
	if err := s.identify(ctx, session); err != nil {
		return release, err
	}
	if err := s.findPlace(ctx, session); err != nil {
		return release, err
	}
	return release, s.settle(ctx, session)
}

// do gives a command to a connection, which answers in time or is broken.
func (s *stream) do(ctx context.Context, conn rueidis.DedicatedClient, command rueidis.Completed) rueidis.RedisResult {
	limited, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return conn.Do(limited, command)
}

// identify finds out what the connection that adds is called, and which server it leads
// to. The first command binds it to the node of a Redis Cluster that has the stream.
func (s *stream) identify(ctx context.Context, session *streamSession) error {
	if err := s.do(ctx, session.write, session.client.B().Xlen().Key(s.name).Build()).Error(); err != nil {
		return err
	}
	var err error
	if session.writerClient, err = s.do(ctx, session.write, session.client.B().ClientId().Build()).AsInt64(); err != nil {
		return err
	}
	for _, section := range []string{"server", "replication"} {
		info, err := s.do(ctx, session.write, session.client.B().Info().Section(section).Build()).ToString()
		if err != nil {
			return err
		}
		for line := range strings.Lines(info) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
			switch name {
			case "run_id":
				session.server = value
			case "master_replid":
				session.history = value
			case "master_replid2":
				session.before = value
			}
		}
	}
	if session.server == "" {
		return errors.New("the server has no run_id")
	}
	return nil
}

// findPlace looks where the stream ends, at first, and later whether it still has the
// place that was reached.
func (s *stream) findPlace(ctx context.Context, session *streamSession) error {
	last, err := s.do(ctx, session.read, session.client.B().Xrevrange().Key(s.name).End("+").Start("-").Count(1).Build()).AsXRange()
	if err != nil {
		return fmt.Errorf("find the end of the stream: %w", err)
	}
	end := "0-0"
	if len(last) > 0 {
		end = last[0].ID
	}
	if s.place == "" {
		s.moveTo(end)
		s.writer.from = end
		close(s.placed)
		return nil
	}
	if laterID(s.place, end) {
		// A stream that has begun anew, or a new master that lacks the last entries:
		// its clock may give ids to the next that are before the place, too.
		s.moveTo(end)
		return nil
	}
	first, err := s.do(ctx, session.read, session.client.B().Xrange().Key(s.name).Start("-").End("+").Count(1).Build()).AsXRange()
	if err != nil {
		return fmt.Errorf("find the beginning of the stream: %w", err)
	}
	if s.place != "0-0" && len(first) > 0 && laterID(first[0].ID, s.place) {
		s.cluster.pubsub.count.gaps.Add(1)
		s.cluster.pubsub.log.Error("the stream no longer has what this node has not read yet: entries are lost",
			slog.String("stream", s.name), slog.String("read_up_to", s.place), slog.String("begins_with", first[0].ID))
	}
	return nil
}

// moveTo has the stream read from behind an entry.
func (s *stream) moveTo(id string) {
	s.place = id
	s.reached.Store(id)
}
