package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

// endOnSignal returns a context that ends at SIGINT or SIGTERM; a second one
// ends the process at once. stop gives the signals back.
func endOnSignal(parent context.Context, logger *slog.Logger) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	stopped := make(chan struct{})
	go func() {
		first := true
		for {
			select {
			case sig := <-signals:
				if !first {
					logger.Warn("second signal, ending at once", "signal", sig.String())
					os.Exit(exitFailure)
				}
				first = false
				logger.Info("ending on signal; a second one ends at once", "signal", sig.String())
				cancel()
			case <-stopped:
				return
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(stopped)
		cancel()
	}
}
