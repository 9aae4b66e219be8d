package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"
)

// localRedis is where ioredis connects when it is told nothing.
const localRedis = "localhost:6379"

// localRedisTimeout bounds the look for a Redis nobody configured.
const localRedisTimeout = 300 * time.Millisecond

// warnOfLocalRedis warns when a Redis answers at addr: a Node server without
// REDIS_URL would have joined it, and this one does not.
func warnOfLocalRedis(ctx context.Context, logger *slog.Logger, addr string) {
	ctx, cancel := context.WithTimeout(ctx, localRedisTimeout)
	defer cancel()
	if err := ping(ctx, addr); err != nil {
		logger.Debug("no Redis at its usual place", "addr", addr, "error", err)
		return
	}
	logger.Warn("a Redis answers here but none is configured: messages stay in this process, where the Node server would have used it",
		"addr", addr, "to_use_it", "--redis redis://"+addr)
}

// ping asks a Redis for a sign of life and waits for it until ctx ends.
func ping(ctx context.Context, addr string) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()

	if _, err := io.WriteString(conn, "*1\r\n$4\r\nPING\r\n"); err != nil {
		return fmt.Errorf("asking: %w", err)
	}
	const want = "+PONG\r\n"
	answer := make([]byte, len(want))
	if _, err := io.ReadFull(conn, answer); err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if string(answer) != want {
		return errors.New("what listens there is no open Redis")
	}
	return nil
}
