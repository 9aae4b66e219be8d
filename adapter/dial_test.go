package adapter_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

func TestDialConnects(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "redis.sock")
	redis := redistest.Start(t, "--requirepass", "p@ss/word", "--unixsocket", socket)
	for name, url := range map[string]string{
		"URL":         "redis://:p%40ss%2Fword@" + redis.Addr() + "/3",
		"user":        "redis://default:p%40ss%2Fword@" + redis.Addr() + "/3",
		"bare":        ":p%40ss%2Fword@" + redis.Addr() + "/3",
		"RESP2":       "redis://:p%40ss%2Fword@" + redis.Addr() + "/3?protocol=2",
		"unix socket": "unix://:p%40ss%2Fword@" + socket + "?db=3",
	} {
		t.Run(name, func(t *testing.T) {
			client, err := adapter.Dial(t.Context(), adapter.DialConfig{URL: url})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			info, err := client.Do(t.Context(), client.B().ClientInfo().Build()).ToString()
			if err != nil || !strings.Contains(info, " name=nudge ") || !strings.Contains(info, " db=3 ") {
				t.Errorf("CLIENT INFO: %q, %v", info, err)
			}
		})
	}
}

func TestDialOverTLS(t *testing.T) {
	redis := redistest.StartTLS(t)
	url := "rediss://" + redis.Addr()
	if _, err := adapter.Dial(t.Context(), adapter.DialConfig{URL: url}); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate of nobody known: %v", err)
	}
	for _, trusting := range []string{url + "?skip_verify=true", redis.URL(), fmt.Sprintf("rediss://localhost:%d?family=4&ca=%s", redis.Port(), redis.CAFile())} {
		b := startBridge(t, trusting)
		b.awaitConnected(true)
		if err := b.publish("x"); err != nil {
			t.Error(err)
		}
		b.awaitReceived(1)
		b.end()
	}
}

func TestDialErrors(t *testing.T) {
	redis := redistest.Start(t, "--requirepass", "secret")
	down := redistest.New(t)
	for name, tc := range map[string]struct{ url, want string }{
		"nothing there":  {down.URL(), "refused"},
		"wrong password": {"redis://:hunter2@" + redis.Addr(), "WRONGPASS"},
		"no password":    {"redis://" + redis.Addr(), "NOAUTH"},
		"no database":    {redis.URL() + "/99", "out of range"},
		"no socket":      {"unix:///nonexistent/redis.sock", "no such file"},
		"bad URL":        {"redis://:hunter2", "port"},
		"no authority":   {"rediss://host?ca=/nonexistent/hunter2", "ca"},
		"no certificate": {"rediss://host?ca=/dev/null", "PEM"},
		"ca without TLS": {"redis://host?ca=/dev/null", "rediss"},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := adapter.Dial(t.Context(), adapter.DialConfig{URL: tc.url})
			if err == nil {
				client.Close()
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v, want %q in it and no password", err, tc.want)
			}
		})
	}
}

// silent is the address of a server that accepts connections and says nothing.
func silent(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() }) // the kernel accepts, nobody reads
	return l.Addr().String()
}

func TestDialNeverWaitsForEver(t *testing.T) {
	t.Run("silent server", func(t *testing.T) {
		start := time.Now()
		_, err := adapter.Dial(context.Background(), adapter.DialConfig{URL: silent(t), DialTimeout: 200 * time.Millisecond})
		if err == nil {
			t.Error("no error")
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("took %s: %v", took, err)
		}
	})
	t.Run("context", func(t *testing.T) {
		cause := errors.New("enough")
		ctx, cancel := context.WithTimeoutCause(context.Background(), 100*time.Millisecond, cause)
		defer cancel()
		start := time.Now()
		_, err := adapter.Dial(ctx, adapter.DialConfig{URL: silent(t)})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("took %s", took)
		}
	})
}

func TestABridgeEndsWhileItConnects(t *testing.T) {
	b := startBridge(t, silent(t))
	b.Publish([]byte("x"), nil)
	start := time.Now()
	b.end()
	if took := time.Since(start); took > time.Second {
		t.Errorf("ended after %s", took)
	}
}

func TestABridgeEndsWhileRedisIsFrozen(t *testing.T) {
	t.Parallel() // most of it is waiting
	redis := redistest.Start(t)
	b := startBridge(t, redis.URL())
	b.awaitConnected(true)
	outcome := make(chan error, 1)
	for range 2 { // then nothing else is asked of Redis for a while: whom they reach is known
		b.Publish([]byte("x"), func(err error) { outcome <- err })
		if err := <-outcome; err != nil {
			t.Fatal(err)
		}
	}
	redis.Pause()
	defer redis.Resume()
	b.Publish([]byte("x"), func(err error) { outcome <- err })
	start := time.Now()
	b.end()
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("ended after %s", took)
	}
	if err := <-outcome; !errors.Is(err, adapter.ErrUnknown) {
		t.Errorf("outcome %v", err)
	}
}

// A client must not weigh on a process that holds several; the library's own
// defaults take 1.4 MiB.
func TestAClientIsSmall(t *testing.T) {
	redis := redistest.Start(t)
	const n, limit = 16, 256 << 10
	clients := make([]rueidis.Client, 0, n)
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	for range n {
		client, err := adapter.Dial(t.Context(), adapter.DialConfig{URL: redis.URL()})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		clients = append(clients, client)
	}
	each := (int64(heap()) - int64(before)) / n
	t.Logf("%d KiB of heap a client", each>>10)
	if each > limit {
		t.Errorf("a client takes %d bytes of heap, want at most %d", each, limit)
	}
	runtime.KeepAlive(clients)
}
