package adapter_test

import (
	"testing"

	"nudge/adapter/adaptertest/redistest"
)

// TestStreamThatBeginsAnew: a Redis that has forgotten the stream, or a new master whose
// clock is behind, gives ids before the one that was read last.
func TestStreamThatBeginsAnew(t *testing.T) {
	redis := redistest.Start(t)
	here, there := startNode(t, streams, redis.URL(), ""), startNode(t, streams, redis.URL(), "")
	here.awaitNodes(t, 2)
	_, c := there.join(t)
	const entry = `{"packet":{"type":2,"data":["early"]},"opts":{"rooms":[],"except":[],"flags":{}}}`
	redis.Do("XADD", "socket.io", "99999999999999-0", "uid", "a", "nsp", "/", "type", "3", "data", entry)
	awaitSent(t, c, `2["early"]`)
	redis.Do("DEL", "socket.io")
	before := there.cluster.State().Connects
	redis.Do("CLIENT", "KILL", "TYPE", "normal")
	eventually(t, "new connections", func() bool {
		s := there.cluster.State()
		return s.Connects > before && s.Connected
	})
	eventually(t, "return", func() bool { return here.cluster.State().Connected })
	_ = here.Emit("late")
	awaitSent(t, c, `2["early"]`, `2["late"]`)
}
