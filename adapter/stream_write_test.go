package adapter

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"nudge/adapter/adaptertest/redistest"
)

// failsAfter is a connection that ends after so many commands.
type failsAfter struct {
	rueidis.DedicatedClient
	left int
}

var errCut = errors.New("cut")

func (c *failsAfter) Do(ctx context.Context, command rueidis.Completed) rueidis.RedisResult {
	if c.left--; c.left < 0 {
		over, cancel := context.WithCancelCause(ctx)
		cancel(errCut)
		return c.DedicatedClient.Do(over, command)
	}
	return c.DedicatedClient.Do(ctx, command)
}

// TestWhatIsFoundInTheStreamIsNotSentAgain: one entry whose outcome is unknown is there and
// one is not. The connection ends between the two pages that they are looked for on.
func TestWhatIsFoundInTheStreamIsNotSentAgain(t *testing.T) {
	redis := redistest.Start(t)
	c, err := Streams(StreamsConfig{ClusterConfig: ClusterConfig{URL: redis.URL()}})
	if err != nil {
		t.Fatal(err)
	}
	client, conns, err := dial(t.Context(), DialConfig{URL: redis.URL()})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	defer conns.closeAll()
	write, release := client.Dedicate()
	defer release()

	queue := newOutbox(10, 1000, time.Hour, func([]*publication) {})
	defer queue.empty()
	var there, missing publication
	for i, m := range []*publication{&there, &missing} {
		*m = publication{channel: "/", payload: fmt.Append(nil, i), entry: &streamEntry{uid: "me", kind: peerBroadcast}, at: time.Now()}
		if err := queue.put(m); err != nil {
			t.Fatal(err)
		}
	}
	s := newStream(c, c.streams.cfg, "stream")
	s.writer = writerState{queue: queue, unknown: queue.take(), from: "0-0", server: "same"}
	redis.Do("XADD", s.name, "*", "uid", "me", "nsp", "/", "type", fmt.Sprint(peerBroadcast), "data", "0")
	for range scanCount {
		redis.Do("XADD", s.name, "*", "uid", "other", "nsp", "/", "type", fmt.Sprint(peerBroadcast), "data", "x")
	}

	session := &streamSession{client: client, conns: conns, server: "same", write: &failsAfter{write, 1}}
	if err := s.lookForOwn(t.Context(), session); err == nil {
		t.Fatal("the second page was read")
	}
	session.write = write
	if err := s.lookForOwn(t.Context(), session); err != nil {
		t.Fatal(err)
	}
	if n := c.pubsub.count.published.Load(); n != 1 {
		t.Errorf("%d entries count as published, 1 is there", n)
	}
	if held, _ := queue.size(); held != 1 {
		t.Errorf("%d entries are held, 1 is missing", held)
	}
	if again := queue.take(); len(again) != 1 || again[0] != &missing {
		t.Errorf("%d entries are sent again, 1 is missing", len(again))
	}
}
