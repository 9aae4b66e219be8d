package adapter_test

import (
	"context"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

// runCommands does with two nodes of Go what the commands of Node were captured of.
func runCommands(t *testing.T, suite string, redis *redistest.Server, given *monitor) {
	t.Helper()
	start := func() *goNode { return startNode(t, commandSuites[suite].make, redis.URL(), commandSuites[suite].key) }
	if suite == "streams-csr" {
		start = func() *goNode { return startRecoveringNode(t, redis.URL()) }
	}
	here, there := start(), start()
	here.awaitNodes(t, 2)
	asker, _ := here.join(t)
	client, conn := there.join(t, "room1")
	sid := socket.Room(client.Id())

	_ = here.Emit("test", 1, "2", []byte{3, 4})
	_ = here.Emit("message", "hi é ✓")
	_ = here.To("room1").Emit("test", "r")
	_ = here.To(sid).Emit("priv", map[string]any{"a": 1})
	_ = here.To("room1", "room2").Except("z").Emit("x")
	_ = here.Except("room1").Emit("x")
	_ = here.To("123").Emit("num", 1)
	_ = asker.Broadcast().Emit("bc", 1)
	_ = asker.To("room1").Emit("bc", 2)
	awaitAcks := askWithAcks(t, here, conn)
	here.SocketsJoin("roomJ")
	here.In("room1").SocketsJoin("a", "b")
	here.In("room1").Except("zz").SocketsLeave("a")
	here.FetchSockets()(func([]*socket.RemoteSocket, error) {})
	here.In(sid).FetchSockets()(func([]*socket.RemoteSocket, error) {})
	askServers(t, here, there)
	chat := here.Of("/chat", nil)
	_ = chat.Emit("c", 1)
	_ = chat.To("r").Emit("c", 2)
	if suite == "streams-csr" {
		comeBack(t, redis, given, there, here)
	}
	awaitAcks()
	here.In("room1").DisconnectSockets(false)
	here.In("room1").DisconnectSockets(true)
	eventually(t, "end of the socket", func() bool { return !client.Connected() })
	here.Of("/last", nil) // without which the connection would end in place of its subscriptions
	here.adapter().Close()
	chat.Adapter().Close()
}

// askWithAcks emits events that the client of another node answers, and no client of this
// one. await returns when the library waits for no answer any more.
func askWithAcks(t *testing.T, here *goNode, client *frameConn) (await func()) {
	t.Helper()
	const events = 5
	ended := make(chan struct{}, events)
	end := func([]any, error) { ended <- struct{}{} }
	ask := func(event string, args ...any) (id string) {
		t.Helper()
		here.Timeout(500*time.Millisecond).EmitWithAck(event, args...)(end)
		asked := regexp.MustCompile(`^(?:2|51-)(\d+)\["` + event + `"`)
		eventually(t, event, func() bool {
			for _, message := range client.sent() {
				if match := asked.FindStringSubmatch(message); match != nil {
					id = match[1]
				}
			}
			return id != ""
		})
		return id
	}
	client.receive("3" + ask("ack1") + `["two"]`)
	client.receive("61-" + ask("ack2", []byte{9}) + `[{"_placeholder":true,"num":0}]`)
	client.ReceiveBinary([]byte{2})
	here.To("nobody").Timeout(500 * time.Millisecond).EmitWithAck("ack3")(end)
	client.receive("3" + ask("ack4") + `[]`)
	client.receive("3" + ask("ack5") + `[1,2]`)
	return func() {
		for range events {
			<-ended
		}
	}
}

// askServers emits events that another server answers, and asks it for its rooms.
func askServers(t *testing.T, here, there *goNode) {
	t.Helper()
	answer := func(event string, with ...any) {
		_ = there.On(event, func(args ...any) { args[len(args)-1].(socket.Ack)(with, nil) })
	}
	answer("hello2", map[string]any{"x": 1})
	answer("hello3")
	_ = here.ServerSideEmit("hello", "world", 1, "2")
	_ = here.ServerSideEmit("hello", []byte{1, 2})
	_ = here.ServerSideEmit("hello2", func([]any, error) {})
	_ = here.ServerSideEmit("hello3", func([]any, error) {})
	if all, can := here.adapter().(interface {
		AllRooms(context.Context) ([]socket.Room, error)
	}); can {
		if _, err := all.AllRooms(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// startRecoveringNode is a node that keeps sessions for as long as those of Node did.
func startRecoveringNode(t *testing.T, url string) *goNode {
	t.Helper()
	n := &goNode{logs: &lockedBuffer{}}
	var err error
	if n.cluster, err = streams(adapter.ClusterConfig{URL: url, Logger: slog.New(slog.NewTextHandler(n.logs, nil))}); err != nil {
		t.Fatal(err)
	}
	recovery := &socket.ConnectionStateRecovery{}
	recovery.SetMaxDisconnectionDuration(60_000)
	opts := socket.DefaultServerOptions()
	opts.SetAdapter(n.cluster)
	opts.SetConnectionStateRecovery(recovery)
	n.localServer = newLocalServerOf(t, opts)
	return n
}

// comeBack has a client of one node lose its connection, and come back to the other.
func comeBack(t *testing.T, redis *redistest.Server, given *monitor, from, to *goNode) {
	t.Helper()
	client, _ := from.join(t, "roomR")
	pid := adapter.PrivateID(client)
	_ = to.Emit("e1", 1)
	_ = to.Volatile().Emit("e2", 1)
	client.Conn().Close(true)
	eventually(t, "session of what has ended", func() bool { return given.has("set a session PX 60000") })
	offset := strings.Fields(redis.Do("XREVRANGE", "socket.io", "+", "-", "COUNT", "1"))[0]
	_ = to.To("roomR").Emit("missed", 1)
	_ = to.Emit("missed", 2, []byte{1})
	if _, err := to.adapter().RestoreSession(pid, offset); err != nil {
		t.Fatal(err)
	}
}
