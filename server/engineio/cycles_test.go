package engineio_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/gobwas/ws"

	"nudge/server/engineio"
)

// Thousands of connections come and go, many at once, and leave nothing. The
// end-to-end tests have more of them, on a whole server.
func TestCyclesAtOnce(t *testing.T) {
	const cycles, atOnce = 2000, 16
	transports := map[string]func(e *echo, web *http.Client) error{"websocket": cycleWebsocket}
	if !goroutineReads { // only websockets are read in two ways
		transports["polling"] = cyclePolling
	}
	for transport, cycle := range transports {
		t.Run(transport, func(t *testing.T) {
			e := newEcho(t, engineio.Config{})
			stop := make(chan struct{})
			defer close(stop)
			go func() {
				for {
					select {
					case <-e.opened:
					case <-e.closed:
					case <-stop:
						return
					}
				}
			}()
			connections := &http.Transport{MaxIdleConnsPerHost: atOnce}
			defer connections.CloseIdleConnections()
			round := func() {
				var wg sync.WaitGroup
				for range atOnce {
					wg.Go(func() {
						for range cycles / atOnce {
							if err := cycle(e, &http.Client{Transport: connections}); err != nil {
								t.Error(err)
								return
							}
						}
					})
				}
				wg.Wait()
				connections.CloseIdleConnections()
				waitFor(t, "the sessions to end", func() bool { return e.Stats().Sessions == 0 })
			}
			settled := func() uint64 {
				heap() // what pools hold goes with the second collection
				return heap()
			}
			round()
			goroutines, before := runtime.NumGoroutine(), settled()
			round()
			waitFor(t, "goroutines to end", func() bool { return runtime.NumGoroutine() <= goroutines })
			if now := settled(); now > before+256<<10 {
				t.Errorf("the heap went from %d to %d bytes", before, now)
			}
		})
	}
}

// cycleWebsocket opens a session and resets its connection, which leaves no port
// of this machine waiting.
func cycleWebsocket(e *echo, _ *http.Client) error {
	conn, early, _, err := ws.Dial(context.Background(), "ws"+strings.TrimPrefix(e.url, "http")+"&transport=websocket")
	if err != nil {
		return err
	}
	if early != nil {
		ws.PutReader(early)
	}
	return errors.Join(conn.(*net.TCPConn).SetLinger(0), conn.Close())
}

// cyclePolling opens a session and ends it.
func cyclePolling(e *echo, web *http.Client) error {
	res, err := web.Get(e.url + "&transport=polling") //nolint:noctx // the client's transport ends with the test
	if err != nil {
		return err
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		return err
	}
	_, rest, _ := strings.Cut(string(body), `"sid":"`)
	sid, _, _ := strings.Cut(rest, `"`)
	res, err = web.Post(e.url+polling(sid), "text/plain", strings.NewReader("1")) //nolint:noctx // as above
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, res.Body)
	return errors.Join(err, res.Body.Close())
}
