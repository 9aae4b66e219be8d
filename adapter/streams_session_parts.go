package adapter

import (
	"cmp"
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
// of them together take no longer than Redis may take to answer. It returns the outcome of
// each, and why one has failed, if any has.
func (t *sessionStore) eachSession(pids []socket.PrivateSessionId, command func(b rueidis.Builder, key string, i int) rueidis.Completed) (errs []error, failed error) {
	if len(pids) == 0 {
		return nil, nil
	}
	errs = slices.Repeat([]error{errAway}, len(pids))
	failed = t.r.s.cluster.pubsub.do(context.Background(), func(ctx context.Context, client rueidis.Client) error {
		var running sync.WaitGroup
		for _, part := range sessionParts(client, pids) {
			running.Go(func() {
				for chunk := range slices.Chunk(part, sessionsAtOnce) {
					commands := make([]rueidis.Completed, len(chunk))
					for at, i := range chunk {
						commands[at] = command(client.B(), sessionKey+string(pids[i]), i)
					}
					for at, err := range each(ctx, client, commands) {
						errs[chunk[at]] = err
					}
				}
			})
		}
		running.Wait()
		return cmp.Or(errs...)
	})
	return errs, failed
}

// sessionParts are the indexes of sessions by the part of the slots that they are in.
func sessionParts(client rueidis.Client, pids []socket.PrivateSessionId) map[uint16][]int {
	parts := map[uint16][]int{}
	for i, pid := range pids {
		exists := client.B().Exists().Key(sessionKey + string(pid)).Build()
		part := exists.Slot() / sessionPart
		parts[part] = append(parts[part], i)
	}
	return parts
}
