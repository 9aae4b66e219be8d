package adapter

import (
	"context"
	"testing"
	"time"
)

// TestASessionEndsWhileMessagesWait: what publishes lets go of them, for the next session to
// send, however many wait.
func TestASessionEndsWhileMessagesWait(t *testing.T) {
	cfg, err := ClusterConfig{}.withDefaults("test")
	if err != nil {
		t.Fatal(err)
	}
	u, err := parseRedisURL(cfg.URL)
	if err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for name, publish := range map[string]func(*session, *outbox) error{
		"one server": func(s *session, queue *outbox) error { return s.keepPublishing(over, queue) },
		"a Redis Cluster": func(s *session, queue *outbox) error {
			return newShardSender(newShards(s), queue).keepPublishing(over)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &session{p: newPubsub(cfg, u)}
			queue := newOutbox(cfg.QueueLen, cfg.QueueBytes, time.Hour, func([]*publication) {})
			defer queue.empty()
			for range 3 {
				if err := queue.put(&publication{channel: "waits", at: time.Now()}); err != nil {
					t.Fatal(err)
				}
			}
			// Often, as it may see the end before it sees the messages.
			for range 100 {
				queue.signal()
				ended := make(chan error, 1)
				go func() { ended <- publish(s, queue) }()
				select {
				case err := <-ended:
					if err != nil {
						t.Fatal(err)
					}
				case <-time.After(5 * time.Second):
					t.Fatal("it does not end")
				}
			}
			if held, _ := queue.size(); held != 3 {
				t.Errorf("%d of 3 messages are left", held)
			}
		})
	}
}
