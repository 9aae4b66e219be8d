package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"nudge/adapter"
)

// serveMembers connects the members. Then for each number in a line of in, it expects so
// many broadcasts, which it makes itself where they are to come by Redis, and says how
// many deliveries came of them.
func serveMembers(ctx context.Context, load options, url string, in io.Reader, out io.Writer) error {
	emit, closeRedis, err := emitter(ctx, load)
	if err != nil {
		return err
	}
	defer closeRedis()
	var delivered atomic.Int64
	for range load.members {
		conn, err := join(ctx, url, &delivered)
		if err != nil {
			return fmt.Errorf("joining: %w", err)
		}
		defer func() { _ = conn.Close() }()
	}
	if _, err := fmt.Fprintln(out, 0); err != nil {
		return err
	}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		var n int
		if _, err := fmt.Sscan(lines.Text(), &n); err != nil {
			return err
		}
		before := delivered.Load()
		long := time.Duration(n) * time.Second / time.Duration(load.rate)
		deadline := time.Now().Add(long + patience)
		if load.remote {
			if err := pace(ctx, load.rate, n, emit); err != nil {
				return err
			}
		}
		for delivered.Load()-before < int64(n*load.members) && time.Now().Before(deadline) && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		if _, err := fmt.Fprintln(out, delivered.Load()-before); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// emitter returns what broadcasts to the members by Redis, if they are to come from there.
func emitter(ctx context.Context, load options) (emit func() error, end func(), err error) {
	if !load.remote {
		return nil, func() {}, nil
	}
	client, err := adapter.Dial(ctx, adapter.DialConfig{URL: load.redis})
	if err != nil {
		return nil, nil, err
	}
	e, err := adapter.NewEmitter(adapter.EmitterConfig{Client: client})
	if err != nil {
		client.Close()
		return nil, nil, err
	}
	text, members := load.text(), e.To(room)
	return func() error { return members.Emit(ctx, "message", text) }, client.Close, nil
}

// client is a websocket with what was read of it already.
type client struct {
	*bufio.Reader
	io.Writer
}

// join connects a member, which counts in delivered what it gets.
func join(ctx context.Context, url string, delivered *atomic.Int64) (io.Closer, error) {
	conn, in, _, err := ws.Dial(ctx, url)
	if err != nil {
		return nil, err
	}
	if in == nil {
		in = bufio.NewReader(conn)
	}
	joined, failed := make(chan struct{}), make(chan error, 1)
	go func() { failed <- follow(client{in, conn}, func() { close(joined) }, delivered) }()
	select {
	case <-joined:
		return conn, nil
	case err = <-failed:
	case <-time.After(patience):
		err = errors.New("no answer")
	}
	return nil, errors.Join(err, conn.Close())
}

// follow answers what a server asks of a client, until the connection ends.
func follow(c client, joined func(), delivered *atomic.Int64) error {
	for {
		packet, err := wsutil.ReadServerText(c)
		if err != nil {
			return err
		}
		answer := ""
		switch {
		case bytes.HasPrefix(packet, []byte("0")):
			answer = "40"
		case bytes.HasPrefix(packet, []byte("40")):
			joined()
		case bytes.HasPrefix(packet, []byte("42[")):
			delivered.Add(1)
		case bytes.Equal(packet, []byte("2")):
			answer = "3"
		}
		if answer != "" {
			if err := wsutil.WriteClientText(c, []byte(answer)); err != nil {
				return err
			}
		}
	}
}
