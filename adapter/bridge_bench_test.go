package adapter_test

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"time"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

// BenchmarkBridge publishes messages of 100 bytes and ends when all are back
// and acknowledged: as fast as the queue takes them, and one after the other.
func BenchmarkBridge(b *testing.B) {
	for _, kind := range []string{adapter.KindRedis, adapter.KindInProcess} {
		b.Run(kind, func(b *testing.B) {
			url := ""
			if kind == adapter.KindRedis {
				url = redistest.Start(b).URL()
			}
			b.Run("throughput", func(b *testing.B) { benchmarkBridge(b, url, 8192) })
			b.Run("latency", func(b *testing.B) { benchmarkBridge(b, url, 1) })
		})
	}
}

func benchmarkBridge(b *testing.B, url string, inFlight int) {
	delivered := 0
	bridge, err := adapter.NewBridge(adapter.BridgeConfig{
		URL:     url,
		Deliver: func(p [][]byte) { delivered += len(p) },
		Logger:  slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error)
	go func() { over <- bridge.Run(ctx) }()
	for !bridge.State().Connected {
		time.Sleep(time.Millisecond)
	}
	payload := bytes.Repeat([]byte("x"), 100)
	room := make(chan struct{}, inFlight)
	failed := make(chan error, 1)
	b.SetBytes(int64(len(payload)))
	b.ReportAllocs()
	for b.Loop() {
		room <- struct{}{}
		bridge.Publish(payload, func(err error) {
			if err != nil {
				select {
				case failed <- err:
				default:
				}
			}
			<-room
		})
	}
	if err := bridge.Drain(ctx); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	cancel()
	if err := <-over; err != nil {
		b.Fatal(err)
	}
	select {
	case err := <-failed:
		b.Fatal(err)
	default:
	}
	if s := bridge.State(); uint64(delivered) != s.Published {
		b.Fatalf("delivered %d of %d", delivered, s.Published)
	}
}
