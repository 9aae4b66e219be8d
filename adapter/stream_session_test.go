package adapter

import (
	"runtime"
	"testing"

	"nudge/adapter/adaptertest/redistest"
)

// TestAStreamThatBeginsAgainHasNotFailed: a namespace that comes while the last one leaves
// waits until its place in the stream is known, and is not told by that end that Redis is
// away.
func TestAStreamThatBeginsAgainHasNotFailed(t *testing.T) {
	c, err := Streams(StreamsConfig{ClusterConfig: ClusterConfig{URL: redistest.Start(t).URL()}})
	if err != nil {
		t.Fatal(err)
	}
	a := &streams{exchange: &exchange{nsp: "/"}}
	s := c.streams.of(a.nsp)
	if err := s.join(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		left := make(chan struct{})
		go func() {
			defer close(left)
			s.leave(a)
		}()
		for ending := false; !ending; runtime.Gosched() { // it takes less than a millisecond
			s.mu.Lock()
			ending = s.stop == nil
			s.mu.Unlock()
		}
		if err := s.join(t.Context(), a); err != nil {
			t.Error(err)
		}
		<-left
	}
	s.leave(a)
}
