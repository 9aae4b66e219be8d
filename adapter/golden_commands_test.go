package adapter_test

import (
	"bufio"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

// monitor are the forms of the commands that a Redis is given.
type monitor struct {
	mu    sync.Mutex
	forms map[string]bool
}

// startMonitor has a Redis tell of all commands from now on.
func startMonitor(t *testing.T, redis *redistest.Server) *monitor {
	t.Helper()
	conn, err := net.Dial("tcp", redis.Addr())
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(conn)
	if _, err := conn.Write([]byte("MONITOR\r\n")); err != nil {
		t.Fatal(err)
	}
	if answer, err := lines.ReadString('\n'); err != nil || answer != "+OK\r\n" {
		t.Fatalf("MONITOR: %q, %v", answer, err)
	}
	m := &monitor{forms: map[string]bool{}}
	over := make(chan struct{})
	go func() {
		defer close(over)
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			m.add(t, line)
		}
	}()
	t.Cleanup(func() { _ = conn.Close(); <-over })
	return m
}

// monitored are the arguments in a line, each in its quotes.
var monitored = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

func (m *monitor) add(t *testing.T, line string) {
	var args []string
	for _, quoted := range monitored.FindAllString(line, -1) {
		arg, err := strconv.Unquote(quoted)
		if err != nil {
			t.Errorf("%s: %v", line, err)
		}
		args = append(args, arg)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, form := range formsOf(args[0], args[1:]) {
		m.forms[form] = true
	}
}

// has reports whether a command of the form came.
func (m *monitor) has(form string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.forms[form]
}

// What differs from one run to the next: the ids of nodes, sockets and sessions.
var (
	nodeChannel   = regexp.MustCompile(`(-response#/(?:chat)?)#[\w-]{6}#$|#[0-9a-f]{16}#$`)
	socketChannel = regexp.MustCompile(`#[\w-]{20,}#$`)
	entryID       = regexp.MustCompile(`^(?:\$|\d+-\d+)$`)
	session       = regexp.MustCompile(`^sio:session:[\w-]+$`)
)

// channelForm is a channel without ids.
func channelForm(name string) string {
	name = nodeChannel.ReplaceAllString(name, "${1}#a node#")
	return socketChannel.ReplaceAllString(name, "#a socket#")
}

// formsOf is what a command says, one for each of its channels. Nodes of Go and of Node
// give Redis commands of the same forms.
func formsOf(name string, args []string) []string {
	name = strings.ToLower(name)
	switch name {
	case "subscribe", "psubscribe", "ssubscribe", "unsubscribe", "punsubscribe", "sunsubscribe":
		var all []string
		for _, channel := range args {
			all = append(all, name+" "+channelForm(channel))
		}
		return all
	case "publish", "spublish": // what is published is for other tests
		return []string{name + " " + channelForm(args[0])}
	case "pubsub":
		return []string{strings.Join(append([]string{name}, args...), " ")}
	case "xadd":
		return []string{name + " " + entryForm(args)}
	case "xread":
		return []string{name + " " + blockingRead(args)}
	case "xrange":
		start, end := args[1], args[2]
		if start == end {
			return []string{"xrange " + args[0] + " one entry"}
		}
		// Node counts one up, which is behind as "(" is.
		return []string{"xrange " + args[0] + " behind an entry up to " + end}
	case "set":
		if session.MatchString(args[0]) {
			return []string{"set a session " + strings.Join(args[2:], " ")}
		}
	case "multi", "get", "del", "exec", "getdel": // of Node four commands, of Go one
		if len(args) == 0 || session.MatchString(args[0]) {
			return []string{"take a session"}
		}
	}
	return nil
}

// entryForm is what an entry is made of, and how it is added.
func entryForm(args []string) string {
	args = slices.Clone(args)
	for i := range args {
		switch args[i] {
		case "uid":
			args[i+1] = "a node"
		case "data":
			if strings.HasPrefix(args[i+1], "{") {
				args[i+1] = "JSON"
			} else {
				args[i+1] = "base64"
			}
		}
	}
	return strings.Join(args, " ")
}

// blockingRead is what is read from where: the options come in any order, and how long
// Redis is to wait is each node's own affair.
func blockingRead(args []string) string {
	streams := slices.Index(args, "STREAMS")
	var options []string
	for option := range slices.Chunk(args[:max(streams, 0)], 2) {
		if option[0] == "BLOCK" {
			option = []string{"BLOCK", "a while"}
		}
		options = append(options, strings.Join(option, " "))
	}
	slices.Sort(options)
	names := slices.Clone(args[max(streams, 0):])
	for i, name := range names {
		if entryID.MatchString(name) {
			names[i] = "behind an entry"
		}
	}
	return strings.Join(append(options, names...), " ")
}

// commandSuites are what the suites of the golden file ran with.
var commandSuites = map[string]struct {
	key  string
	make func(adapter.ClusterConfig) (*adapter.Cluster, error)
}{
	"classic":                 {"", adapter.Classic},
	"classic-specific":        {"pfx", adapter.Classic},
	"sharded-dynamic":         {"", sharded(adapter.SubscribeDynamic)},
	"sharded-dynamic-private": {"", sharded(adapter.SubscribeDynamicPrivate)},
	"sharded-static":          {"", sharded(adapter.SubscribeStatic)},
	"streams":                 {"", streams},
	"streams-csr":             {"", streams},
}

// TestNodesCommands: each command that nodes of Node were seen to give to Redis, those of
// Go give, too, when the same is done.
func TestNodesCommands(t *testing.T) {
	captured := map[string][]adapter.GoldenCommand{}
	n := 0
	for _, c := range adapter.GoldenCommands(t) {
		captured[c.Suite] = append(captured[c.Suite], c)
		n++
	}
	if n != 303 || len(captured) != len(commandSuites) {
		t.Errorf("%d commands of %d suites", n, len(captured))
	}
	for suite, commands := range captured {
		t.Run(suite, func(t *testing.T) {
			redis := redistest.Start(t)
			given := startMonitor(t, redis)
			runCommands(t, suite, redis, given)
			for _, c := range commands {
				forms := formsOf(c.Name, c.Args)
				if len(forms) == 0 {
					t.Errorf("%s: the command %s %q is not read", c.Label, c.Name, c.Args)
				}
				for _, form := range forms {
					eventually(t, c.Label+": "+form, func() bool { return given.has(form) })
				}
			}
		})
	}
}

// runCommands does with two nodes of Go what the golden file was captured of.
func runCommands(t *testing.T, suite string, redis *redistest.Server, given *monitor) {
	t.Helper()
	start := func() *goNode { return startNode(t, commandSuites[suite].make, redis.URL(), commandSuites[suite].key) }
	if suite == "streams-csr" {
		start = func() *goNode { return startRecoveringNode(t, redis.URL()) }
	}
	here, there := start(), start()
	here.awaitNodes(t, 2)
	_, _ = here.join(t)
	s, c := there.join(t, "room1")
	_ = there.On("hello", func(args ...any) { args[len(args)-1].(socket.Ack)([]any{"w"}, nil) })
	_ = here.Emit("test", 1, []byte{3, 4})
	_ = here.Emit("message", "hi")
	_ = here.To("room1").Emit("test")
	_ = here.To(socket.Room(s.Id())).Emit("priv")
	_ = here.To("123").Emit("num")
	_ = here.To("room1", "room2").Emit("x")
	here.SocketsJoin("roomJ")
	here.In("room1").SocketsJoin("a", "b")
	here.In("room1").SocketsLeave("a")
	here.FetchSockets()(func([]*socket.RemoteSocket, error) {})
	_ = here.ServerSideEmit("hello", func([]any, error) {})
	chat := here.Of("/chat", nil)
	_ = chat.Emit("c", 1)
	_ = chat.To("r").Emit("c", 2)
	eventually(t, "all of it", func() bool { return len(c.sent()) >= 4 })
	if suite == "streams-csr" {
		comeBack(t, redis, given, there, here)
	}
	here.In("room1").DisconnectSockets(false)
	eventually(t, "end of the socket", func() bool { return !s.Connected() })
	here.Of("/last", nil) // without which the connection would end in place of its subscriptions
	here.adapter().Close()
	chat.Adapter().Close()
}

// startRecoveringNode is a node that keeps sessions for as long as those of Node did.
func startRecoveringNode(t *testing.T, url string) *goNode {
	t.Helper()
	n := &goNode{logs: &lockedBuffer{}}
	var err error
	if n.cluster, err = streams(adapter.ClusterConfig{URL: url}); err != nil {
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
	s, _ := from.join(t, "roomR")
	pid := adapter.PrivateID(s)
	s.Conn().Close(true)
	eventually(t, "session of what has ended", func() bool { return given.has("set a session PX 60000") })
	offset := strings.Fields(redis.Do("XREVRANGE", "socket.io", "+", "-", "COUNT", "1"))[0]
	_ = to.To("roomR").Emit("missed", 1)
	if _, err := to.adapter().RestoreSession(pid, offset); err != nil {
		t.Fatal(err)
	}
}
