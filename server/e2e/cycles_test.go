package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	nudge "nudge/server"
)

// TestTenThousandCycles has ten thousand clients connect and go, and ten thousand
// more, and compares what the process holds. The server runs in this process, to
// be looked into; half of the websockets say goodbye, the others' are reset.
func TestTenThousandCycles(t *testing.T) {
	const cycles, atOnce = 10_000, 16
	for transport, cycle := range map[string]func(c *cycler, n int) error{
		"polling": (*cycler).polling, "websocket": (*cycler).websocket,
	} {
		t.Run(transport, func(t *testing.T) {
			c := startCycler(t)
			round := func() {
				var wg sync.WaitGroup
				for range atOnce {
					wg.Go(func() {
						for n := range cycles / atOnce {
							if err := cycle(c, n); err != nil {
								t.Errorf("cycle %d: %v", n, err)
								return
							}
						}
					})
				}
				wg.Wait()
				c.web.CloseIdleConnections()
				sockets := c.IO().Sockets()
				eventually(t, time.Minute, "the sockets to go", func() bool {
					return sockets.Sockets().Len() == 0 && len(sockets.Adapter().Sids().Keys()) == 0 && c.IO().Engine().ClientsCount() == 0
				})
			}
			round()
			goroutines, before := runtime.NumGoroutine(), heapInUse()
			round()
			eventually(t, time.Minute, "goroutines to end", func() bool { return runtime.NumGoroutine() <= goroutines })
			var now uint64
			defer func() { t.Logf("heap: %d bytes after %d cycles, %d after %d", before, cycles, now, 2*cycles) }()
			// What the last clients had goes with a timer or two.
			eventually(t, time.Minute, "the heap to be no larger", func() bool {
				now = heapInUse()
				return now <= before+1<<20 // 100 bytes a connection
			})
		})
	}
}

// cycler is a server in this process, and what its clients share.
type cycler struct {
	*nudge.Server
	host string
	web  *http.Client
}

func startCycler(t *testing.T) *cycler {
	t.Helper()
	s, err := nudge.New(nudge.Config{
		Addr: "127.0.0.1:0", ShutdownTimeout: time.Second, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return &cycler{s, s.Addr(ctx).String(), &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}}
}

const cyclePath = "/socket.io/?EIO=4&transport="

// websocket connects a client, which then goes.
func (c *cycler) websocket(n int) error {
	conn, early, _, err := ws.Dial(context.Background(), "ws://"+c.host+cyclePath+"websocket")
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	var r io.Reader = conn
	if early != nil {
		r = io.MultiReader(early, conn)
	}
	if err := wsutil.WriteClientText(conn, []byte("40")); err != nil {
		return err
	}
	for {
		f, err := ws.ReadFrame(r)
		if err != nil {
			return err
		}
		if strings.HasPrefix(string(f.Payload), "40{") {
			break
		}
	}
	// A reset leaves no port of this machine waiting.
	_ = conn.(*net.TCPConn).SetLinger(0)
	if n%2 == 0 {
		return wsutil.WriteClientText(conn, []byte("41"))
	}
	return nil
}

// polling connects a client, which then says goodbye.
func (c *cycler) polling(int) error {
	open, err := c.request(http.MethodGet, "", "")
	if err != nil {
		return err
	}
	_, rest, _ := strings.Cut(open, `"sid":"`)
	sid, _, _ := strings.Cut(rest, `"`)
	for _, step := range []struct{ method, body, want string }{
		{http.MethodPost, "40", "ok"}, {http.MethodGet, "", "40{"}, {http.MethodPost, "41\x1e1", "ok"},
	} {
		got, err := c.request(step.method, "&sid="+sid, step.body)
		if err != nil {
			return err
		}
		if !strings.HasPrefix(got, step.want) {
			return fmt.Errorf("%s %q: %q", step.method, step.body, got)
		}
	}
	return nil
}

func (c *cycler) request(method, query, body string) (string, error) {
	req, err := http.NewRequestWithContext(context.Background(), method, "http://"+c.host+cyclePath+"polling"+query, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	res, err := c.web.Do(req)
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(res.Body)
	return string(b), errors.Join(err, res.Body.Close())
}

// heapInUse is what the process holds once nothing is left to collect; what pools
// hold goes with the second collection.
func heapInUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
