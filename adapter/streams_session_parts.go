package adapter

import (
	"context"
	"slices"
	"sync"

	"github.com/redis/rueidis"
	"github.com/zishang520/socket.io/v2/socket"
)

// sessionPart is how many slots of a Redis Cluster have their sessions kept apart from
// those of the others. Where slots are is not known here: that it is the same master's for
// most of a part will do.
const sessionPart = 1024

// eachSession runs a command for each of the sessions, by pipelines. In a Redis Cluster the
// slots are told apart, so that a master that hangs holds up its own sessions alone; and all
// of them together take no longer than Redis may take to answer. It returns those for which
// it was not done, and why.
func (t *sessionStore) eachSession(pids []socket.PrivateSessionId, command func(b rueidis.Builder, key string, i int) rueidis.Completed) (left []int, err error) {
	parts := map[uint16][]int{}
	run := func(ctx context.Context, client rueidis.Client) error {
		for i, pid := range pids {
			exists := client.B().Exists().Key(sessionKey + string(pid)).Build()
			part := exists.Slot() / sessionPart
			parts[part] = append(parts[part], i)
		}
		var mu sync.Mutex
		var last error
		var running sync.WaitGroup
		for _, part := range parts {
			running.Go(func() {
				for chunk := range slices.Chunk(part, sessionsAtOnce) {
					commands := make([]rueidis.Completed, len(chunk))
					for at, i := range chunk {
						commands[at] = command(client.B(), sessionKey+string(pids[i]), i)
					}
					errs := each(ctx, client, commands)
					mu.Lock()
					for at, err := range errs {
						if err != nil {
							left, last = append(left, chunk[at]), err
						}
					}
					mu.Unlock()
				}
			})
		}
		running.Wait()
		return last
	}
	err = t.r.s.cluster.pubsub.do(context.Background(), run)
	if len(parts) == 0 { // Redis is away
		for i := range pids {
			left = append(left, i)
		}
	}
	return left, err
}
