package main

import (
	"context"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"nudge/cmd/nudge/internal/proctest"
)

// connect opens a Socket.IO session over a bare websocket.
func connect(t *testing.T, addr string) net.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	conn, early, _, err := ws.Dial(ctx, "ws://"+addr+"/socket.io/?EIO=4&transport=websocket")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	var from io.Reader = conn
	if early != nil {
		from = early // what came with the answer to the upgrade
	}
	expect := func(start string) {
		data, err := wsutil.ReadServerText(struct {
			io.Reader
			io.Writer
		}{from, conn})
		if err != nil || !strings.HasPrefix(string(data), start) {
			t.Fatalf("got %q, %v; want a packet that starts %q", data, err, start)
		}
	}
	expect(`0{"sid":`)
	from = conn
	if err := wsutil.WriteClientText(conn, []byte("40")); err != nil {
		t.Fatal(err)
	}
	expect(`40{"sid":`)
	return conn
}

func TestSignalEndsItCleanly(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(sig.String(), func(t *testing.T) {
			p := proctest.Start(t, proctest.Options{Environ: local}, "serve")
			conn := connect(t, listening(t, p))
			p.Signal(sig)
			for {
				header, err := ws.ReadHeader(conn)
				if err != nil {
					t.Fatalf("the connection ended without a close frame: %v", err)
				}
				if header.OpCode == ws.OpClose {
					break
				}
				if _, err := io.CopyN(io.Discard, conn, header.Length); err != nil {
					t.Fatal(err)
				}
			}
			_ = conn.Close()
			if code := p.Wait(); code != exitOK {
				t.Errorf("exit code %d, want 0", code)
			}
		})
	}
}

func TestSecondSignalEndsItAtOnce(t *testing.T) {
	p := proctest.Start(t, proctest.Options{Environ: local}, "serve", "--shutdown-timeout", "1m")
	addr := listening(t, p)
	// A request under way keeps a clean end waiting.
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: h\r\nX-Unfinished: "); err != nil {
		t.Fatal(err)
	}
	connect(t, addr) // by now the server has taken the connection above too

	p.Signal(syscall.SIGTERM)
	p.Line("the first signal", func(line string) bool { return strings.Contains(line, "ending on signal") })
	p.Signal(syscall.SIGTERM)
	if code := p.Wait(); code != exitFailure {
		t.Errorf("exit code %d, want 1", code)
	}
	p.Line("the second signal", func(line string) bool { return strings.Contains(line, "second signal, ending at once") })
}
