package main

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"
)

// listen answers each connection with handle until the test ends.
func listen(t *testing.T, handle func(net.Conn)) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			handle(conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return l.Addr().String()
}

func TestWarnOfLocalRedis(t *testing.T) {
	const command = "*1\r\n$4\r\nPING\r\n"
	answer := func(text string) func(net.Conn) {
		return func(conn net.Conn) {
			got := make([]byte, len(command))
			if _, err := io.ReadFull(conn, got); err == nil && string(got) == command {
				_, _ = io.WriteString(conn, text)
			}
		}
	}
	silent := func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }
	closed := listen(t, answer("+PONG\r\n"))
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}

	tests := []struct {
		name, addr string
		warns      bool
	}{
		{"Redis", closed, true},
		{"Redis with a password", listen(t, answer("-NOAUTH Authentication required.\r\n")), false},
		{"something else", listen(t, answer("HTTP/1.1 400 Bad Request\r\n\r\n")), false},
		{"closes without a word", listen(t, func(net.Conn) {}), false},
		{"says nothing", listen(t, silent), false},
		{"nothing", free.Addr().String(), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			start := time.Now()
			warnOfLocalRedis(t.Context(), slog.New(slog.NewTextHandler(&log, nil)), tt.addr)
			if took := time.Since(start); took > localRedisTimeout+time.Second {
				t.Errorf("took %s", took)
			}
			if warned := strings.Contains(log.String(), "level=WARN") && strings.Contains(log.String(), "redis://"+tt.addr); warned != tt.warns {
				t.Errorf("warned: %t, want %t; log %q", warned, tt.warns, log.String())
			}
		})
	}
}
