package adapter_test

import (
	"log/slog"
	"testing"

	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

// TestACallbackThatPanics: what a user does with the answer to a request ends neither the
// process nor the requests after it, also where there is no other node to ask.
func TestACallbackThatPanics(t *testing.T) {
	redis := redistest.Start(t)
	for kind, of := range everyKind {
		t.Run(kind, func(t *testing.T) {
			cluster, err := of(adapter.ClusterConfig{URL: redis.URL(), Key: kind, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			a := newLocalServerWith(t, cluster).adapter()
			panicked, answered := make(chan struct{}), make(chan error, 1)
			a.FetchSockets(&socket.BroadcastOptions{})(func([]socket.SocketDetails, error) {
				close(panicked)
				panic("a user's")
			})
			<-panicked
			a.FetchSockets(&socket.BroadcastOptions{})(func(_ []socket.SocketDetails, err error) { answered <- err })
			if err := <-answered; err != nil {
				t.Error(err)
			}
		})
	}
}
