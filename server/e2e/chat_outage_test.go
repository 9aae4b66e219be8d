package e2e

import (
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
)

// TestChatLosesNothing: whatever ends in the middle of a conversation, what was
// acknowledged is shown once, in one same order, to all.
func TestChatLosesNothing(t *testing.T) {
	for _, c := range []struct {
		name string
		fail func(t *testing.T, redis *redistest.Server, node *server)
	}{
		{"a node is killed", func(t *testing.T, _ *redistest.Server, node *server) {
			t.Helper()
			if err := node.cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}},
		{"Redis restarts", func(_ *testing.T, redis *redistest.Server, _ *server) { redis.Restart() }},
		{"Redis hangs", func(_ *testing.T, redis *redistest.Server, _ *server) {
			redis.Pause()
			time.Sleep(5 * time.Second) // longer than a connection may be silent
			redis.Resume()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			const people, each = 4, 40
			redis := redistest.Start(t, redistest.Durable()...)
			nodes := []*server{startNudgeReady(t, redis.URL()), startNudgeReady(t, redis.URL())}
			end := startConversation(t, with{"urls": []string{nodes[0].url, nodes[1].url}, "people": people, "each": each, "pause": 50})
			c.fail(t, redis, nodes[0])
			var result conversation
			end(time.Minute, &result)
			t.Logf("%d moves", result.Moves)
			result.check(t)
			if len(result.Acked) != people*each || len(result.Shown[0]) != people*each {
				t.Errorf("%d were acknowledged and %d shown, want %d", len(result.Acked), len(result.Shown[0]), people*each)
			}
		})
	}
}
