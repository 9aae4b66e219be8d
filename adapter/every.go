package adapter

import (
	"context"
	"time"
)

// every calls f whenever so long has passed, until it fails or ctx ends.
func every(ctx context.Context, long time.Duration, f func() error) error {
	ticker := time.NewTicker(long)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if err := f(); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}
