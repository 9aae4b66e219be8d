package bench

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

func TestRefusedAndDroppedConnections(t *testing.T) {
	both(t, func(t *testing.T, goroutines bool) {
		broken := &stub{
			refuse: func(n int) bool { return n < 3 },
			greet: func(n int, conn net.Conn) {
				if n == 3 {
					_ = ws.WriteFrame(conn, ws.NewCloseFrame(nil))
				}
			},
		}
		r, err := Idle(t.Context(), IdleConfig{
			Config: quick(goroutines, broken.start(t)), Settle: time.Millisecond, Hold: 200 * time.Millisecond,
		})
		if err != nil {
			t.Fatal(err)
		}
		if r.Open != 7 || r.Refused != 3 || r.Dropped != 1 {
			t.Errorf("open %d, refused %d, dropped %d; want 7, 3, 1", r.Open, r.Refused, r.Dropped)
		}
		if r.Reasons["refused: status 503 full"] != 3 || r.Reasons[errClosed.Error()] != 1 {
			t.Errorf("reasons %v", r.Reasons)
		}
	})
}

func TestPingsAreAnswered(t *testing.T) {
	both(t, func(t *testing.T, goroutines bool) {
		var pongs atomic.Int64
		pinging := &stub{taken: func(text []byte) {
			if string(text) == "3" {
				pongs.Add(1)
			}
		}}
		pinging.greet = func(_ int, conn net.Conn) { pinging.write(conn, "2") }
		r, err := Idle(t.Context(), IdleConfig{
			Config: quick(goroutines, pinging.start(t)), Settle: time.Millisecond, Hold: 200 * time.Millisecond,
		})
		if err != nil {
			t.Fatal(err)
		}
		if pongs.Load() != 10 || r.Foreign != 0 {
			t.Errorf("%d pongs, %d foreign packets; want 10 and 0", pongs.Load(), r.Foreign)
		}
	})
}

func TestConnectCounts(t *testing.T) {
	refusing := &stub{refuse: func(n int) bool { return n%10 == 0 }}
	r, err := Connect(t.Context(), ConnectConfig{Config: quick(false, refusing.start(t)), Handshakes: 50})
	if err != nil {
		t.Fatal(err)
	}
	if r.Open != 45 || r.Refused != 5 || r.Count != 45 || r.Latency == nil {
		t.Errorf("made %d, refused %d, measured %.0f, latency %v; want 45, 5, 45 and some", r.Open, r.Refused, r.Count, r.Latency)
	}
}

func TestEndsEarly(t *testing.T) {
	url := new(stub).start(t)
	for name, load := range map[string]func(ctx context.Context) (*Result, error){
		"fanout": func(ctx context.Context) (*Result, error) {
			return Fanout(ctx, FanoutConfig{Config: quick(false, url), Duration: time.Hour})
		},
		"echo": func(ctx context.Context) (*Result, error) {
			return Echo(ctx, EchoConfig{Config: quick(false, url), Duration: time.Hour})
		},
		"connect": func(ctx context.Context) (*Result, error) {
			return Connect(ctx, ConnectConfig{Config: quick(false, url), Duration: time.Hour, Warmup: time.Millisecond})
		},
		"idle": func(ctx context.Context) (*Result, error) {
			return Idle(ctx, IdleConfig{Config: quick(false, url), Hold: time.Hour})
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(200*time.Millisecond, cancel)
			r, err := load(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if !r.Interrupted || r.Open == 0 || r.Lost != 0 {
				t.Errorf("interrupted %t, open %d, lost %d; want true, some, none", r.Interrupted, r.Open, r.Lost)
			}
		})
	}
}

func TestNothingToMeasure(t *testing.T) {
	full := (&stub{refuse: func(int) bool { return true }}).start(t)
	tests := []struct {
		name string
		cfg  Config
		want error
	}{
		{"no server", quick(false), ErrURL},
		{"no URL", quick(false, "127.0.0.1:8000"), ErrURL},
		{"a password", quick(false, "http://u:hunter2@127.0.0.1"), ErrURL},
		{"elsewhere", quick(false, "http://192.0.2.1:8000"), ErrRemote},
		{"one elsewhere", quick(false, full, "http://192.0.2.1:8000"), ErrRemote},
		{"full", quick(false, full), ErrNoClient},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, idleErr := Idle(t.Context(), IdleConfig{Config: tt.cfg})
			_, connectErr := Connect(t.Context(), ConnectConfig{Config: tt.cfg, Handshakes: 3})
			for _, err := range []error{idleErr, connectErr} {
				if !errors.Is(err, tt.want) || strings.Contains(err.Error(), "hunter2") {
					t.Errorf("error %v, want %v", err, tt.want)
				}
			}
		})
	}
}
