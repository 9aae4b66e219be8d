package store

import (
	"log/slog"
	"time"

	"nudge/server/chat"
)

// terms are what all nodes of a chat have to agree on: each trims what all have stored.
type terms struct {
	Version int   `json:"version"` // of the chat protocol; 0: it is not spoken
	Length  int   `json:"length"`
	Age     int64 `json:"age"` // ms
	Bytes   int   `json:"bytes"`
}

func termsOf(cfg RedisConfig) terms {
	return terms{Version: chat.Version, Length: max(0, cfg.Length), Age: cfg.Age.Milliseconds(), Bytes: cfg.Bytes}
}

// LogValue implements slog.LogValuer.
func (t terms) LogValue() slog.Value {
	if t.Version == 0 {
		return slog.StringValue("no chat protocol")
	}
	return slog.GroupValue(
		slog.Int("version", t.Version), slog.Int("length", t.Length),
		slog.Duration("age", time.Duration(t.Age)*time.Millisecond), slog.Int("bytes", t.Bytes),
	)
}
