package main

import (
	"io"
	"log/slog"
)

// The values of --log-format.
const (
	formatText = "text"
	formatJSON = "json"
)

func newLogger(w io.Writer, level slog.Level, format string) *slog.Logger {
	opts := &slog.HandlerOptions{Level: level}
	if format == formatJSON {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}
