package engineio_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"nudge/server/engineio"
)

// sendAtOnce sends packets faster than a client that waits for each.
func (c *client) sendAtOnce(t *testing.T, packets ...string) {
	t.Helper()
	var frames bytes.Buffer
	for _, packet := range packets {
		ws.MustWriteFrame(&frames, ws.MaskFrame(ws.NewTextFrame([]byte(packet))))
	}
	if _, err := c.Conn.Write(frames.Bytes()); err != nil {
		t.Fatal(err)
	}
}

// What is too much is taken all the same, later: the last message is answered
// when the rate allows.
func TestSendingRates(t *testing.T) {
	const total = 300
	message := strings.Repeat("x", 1000)
	for name, limits := range map[string]engineio.Limits{
		"events": {MaxEventRate: 200},
		"bytes":  {MaxReceiveRate: 200_000},
		"both":   {MaxEventRate: 200, MaxReceiveRate: 1e9},
	} {
		const least = 450 * time.Millisecond // half of the messages, at 200 a second, less what the clocks differ
		t.Run(name+" on a websocket", func(t *testing.T) {
			t.Parallel()
			e := newEcho(t, engineio.Config{Limits: limits})
			c := e.startWebsocket(t)
			began := time.Now()
			var packets []string
			for i := range total {
				packets = append(packets, fmt.Sprint("4", i, message))
			}
			c.sendAtOnce(t, append(packets, "4the last")...)
			for i := range total {
				if got := c.text(); got != fmt.Sprint("4", i, message) {
					t.Fatalf("message %d came as %.20q", i, got)
				}
			}
			c.text()
			c.send("4one more") // the others may have been read at once
			if got := c.text(); got != "4one more" {
				t.Fatalf("got %.20q", got)
			}
			if took := time.Since(began); took < least {
				t.Errorf("took %s", took)
			}
			if stats := e.Stats(); stats.Slowed != 1 {
				t.Errorf("the counts are %+v", stats)
			}
		})
		t.Run(name+" on polling", func(t *testing.T) {
			t.Parallel()
			e := newEcho(t, engineio.Config{Limits: limits})
			sid := e.startPolling(t)
			began := time.Now()
			payload := strings.TrimSuffix(strings.Repeat("4"+message+"\x1e", total), "\x1e")
			if status, body := e.request(t, http.MethodPost, polling(sid), payload); status != 200 || body != "ok" {
				t.Errorf("answered %d %q", status, body)
			}
			if took := time.Since(began); took < least {
				t.Errorf("took %s", took)
			}
			if status, body := e.request(t, http.MethodGet, polling(sid), ""); status != 200 || body != payload {
				t.Errorf("the echoes: %d, %d bytes of %d", status, len(body), len(payload))
			}
			if stats := e.Stats(); stats.Slowed != 1 {
				t.Errorf("the counts are %+v", stats)
			}
		})
	}
}

// Frames that are no messages count as well.
func TestControlFramesCount(t *testing.T) {
	e := newEcho(t, engineio.Config{Limits: engineio.Limits{MaxEventRate: 100}})
	c := e.startWebsocket(t)
	if _, err := c.Conn.Write(bytes.Repeat(ws.MustCompileFrame(ws.MaskFrame(ws.NewPingFrame(nil))), 110)); err != nil {
		t.Fatal(err)
	}
	for range 110 {
		if f := c.frame(); f.Header.OpCode != ws.OpPong {
			t.Fatalf("got a frame of type %d", f.Header.OpCode)
		}
	}
	waitFor(t, "the pause", func() bool { return e.Stats().Slowed == 1 })
}

// A compressed message counts as what it is decompressed to.
func TestInflatedBytesCount(t *testing.T) {
	e := newEcho(t, engineio.Config{Compression: true, Limits: engineio.Limits{MaxReceiveRate: 100_000}})
	c, _ := e.dialCompressed(t, "")
	c.frame()
	f := compressed(t, ws.NewTextFrame([]byte("4"+strings.Repeat("x", 200_000))))
	if f.Header.Length > 10_000 {
		t.Fatalf("it is compressed to %d bytes", f.Header.Length)
	}
	c.write(f)
	waitFor(t, "the pause", func() bool { return e.Stats().Slowed == 1 })
}

// A client that sends as fast as it can is told by TCP to wait: what it sends is
// not piled up here.
func TestFloodIsPushedBack(t *testing.T) {
	e := newEcho(t, engineio.Config{Limits: engineio.Limits{MaxReceiveRate: 1 << 20}})
	c := e.startWebsocket(t)
	next(t, e.opened)
	frame := ws.MustCompileFrame(ws.MaskFrame(ws.NewBinaryFrame(make([]byte, 64<<10))))
	before := heap()
	_ = c.Conn.SetWriteDeadline(time.Now().Add(time.Second))
	sent := 0
	for {
		n, err := c.Conn.Write(frame)
		sent += n
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if sent > 64<<20 { // far more than the kernel's buffers
			t.Fatalf("%d bytes were taken in a second", sent)
		}
	}
	if grown := int64(heap()) - int64(before); grown > 8<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	if stats := e.Stats(); stats.Sessions != 1 || stats.Slowed != 1 {
		t.Errorf("the counts are %+v", stats)
	}
}

// The answers to pings that a paused client sends are not read. It lives all the
// same, and if it is gone, it is noticed after the pause.
func TestPauseAndHeartbeat(t *testing.T) {
	cfg := engineio.Config{
		PingInterval: 40 * time.Millisecond, PingTimeout: 40 * time.Millisecond,
		Limits: engineio.Limits{MaxEventRate: 100},
	}
	flood := slices.Repeat([]string{"4x"}, 140) // a pause of ten pings
	t.Run("alive", func(t *testing.T) {
		e := newEcho(t, cfg)
		c := e.startWebsocket(t)
		c.sendAtOnce(t, append(flood, "4the end")...)
		for {
			switch c.text() {
			case "2":
				c.send("3")
			case "4the end":
				c.send("4and on")
			case "4and on":
				if stats := e.Stats(); stats.Slowed != 1 {
					t.Errorf("the counts are %+v", stats)
				}
				return
			}
		}
	})
	t.Run("gone", func(t *testing.T) {
		e := newEcho(t, cfg)
		e.startWebsocket(t).sendAtOnce(t, flood...)
		if got := next(t, e.closed); got[0] != engineio.ReasonPingTimeout {
			t.Errorf("closed with %v", got)
		}
	})
}

// A client that gives a POST up while its packets wait does not have them taken
// any faster: it is closed.
func TestAbortedPostIsNoWayAround(t *testing.T) {
	e := newEcho(t, engineio.Config{Limits: engineio.Limits{MaxEventRate: 10}})
	sid := e.startPolling(t)
	socket := next(t, e.opened)
	received := make(chan struct{}, 1000)
	_ = socket.On("data", func(...any) { received <- struct{}{} })

	ctx, cancel := context.WithCancel(t.Context())
	payload := strings.TrimSuffix(strings.Repeat("4x\x1e", 1000), "\x1e")
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url+polling(sid), strings.NewReader(payload))
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for range 10 {
			<-received
		}
		cancel()
	}()
	if res, err := http.DefaultClient.Do(req); err == nil {
		_ = res.Body.Close()
		t.Fatalf("answered %s", res.Status)
	}
	got := next(t, e.closed)
	if err, ok := got[1].(error); got[0] != engineio.ReasonTransportError || !ok || !errors.Is(err, engineio.ErrAborted) {
		t.Errorf("closed with %v", got)
	}
	if n := len(received); n > 100 {
		t.Errorf("%d more messages were taken", n)
	}
}

// A session that ends while it is paused leaves nothing behind.
func TestEndWhilePaused(t *testing.T) {
	e := newEcho(t, engineio.Config{Limits: engineio.Limits{MaxEventRate: 1}})
	for i := range 5 {
		c := e.startWebsocket(t)
		s := next(t, e.opened)
		c.sendAtOnce(t, slices.Repeat([]string{"4x"}, 100)...) // a pause of over a minute
		waitFor(t, "the pause", func() bool { return e.Stats().Slowed == uint64(i+1) })
		s.Close(true)
		next(t, e.closed)
	}
}
