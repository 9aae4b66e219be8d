package adapter_test

import (
	"bufio"
	"encoding/base64"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

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
	case "publish", "spublish":
		return []string{name + " " + channelForm(args[0]), payloadForm(args[1])}
	case "pubsub":
		return []string{strings.Join(append([]string{name}, args...), " ")}
	case "xadd":
		return []string{name + " " + entryForm(args), payloadForm(args[len(args)-1])}
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

// payloadIDs are the ids of nodes, requests and sockets in a message. Those of Node's
// sockets are shorter than those of Go.
var payloadIDs = []*regexp.Regexp{
	regexp.MustCompile(`[0-9a-f]{16}`),
	regexp.MustCompile(`("(?:uid|requestId)":")[\w-]{6}`),
	regexp.MustCompile(`(\xa3uid\xa6|\xa9requestId\xa6|^\x93\xa6)[\w-]{6}`),
	regexp.MustCompile(`(")[\w-]{20,}`),
	regexp.MustCompile(`[\xb4-\xbf][\w-]{20,31}`),
}

// payloadForm is a message without ids. Each byte is a character of its own.
func payloadForm(payload string) string {
	if raw, err := base64.StdEncoding.DecodeString(payload); err == nil {
		payload = string(raw)
	}
	characters := make([]rune, len(payload))
	for i := range payload {
		characters[i] = rune(payload[i])
	}
	text := string(characters)
	for _, id := range payloadIDs {
		text = id.ReplaceAllString(text, "${1}an id")
	}
	return text
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

// notCompared are messages of Node that no node of Go sends in the same bytes, and why.
var notCompared = []struct{ label, part, why string }{
	{"numeric room", "", "a room of Go is 123 and its text at once"},
	{"volatile.compress(false)", "", "a flag of Go that is false is one that is not set"},
	{"emit to 2 rooms except", "", "a map of Go has no order"},
	{"emitter.", "", "TestEmitterWritesWhatNodeWrites compares them"},
	{"fetchSockets", "sockets", "the headers of a handshake have no order in Go"},
	{"allRooms", "rooms", "the rooms of a node have no order in Go"},
}

// compared are the forms that are to be among those of Go.
func compared(c adapter.GoldenCommand, forms []string) []string {
	if !slices.Contains([]string{"publish", "spublish", "xadd"}, c.Name) {
		return forms
	}
	for _, not := range notCompared {
		if strings.HasPrefix(c.Label, not.label) && strings.Contains(forms[1], not.part) {
			forms = forms[:1]
			break
		}
	}
	if c.Suite == "sharded-dynamic" && c.Label == "emit to sid" {
		return forms[1:] // sockets of Go have channels of their own
	}
	return forms
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
				for _, form := range compared(c, forms) {
					eventually(t, c.Label+": "+form, func() bool { return given.has(form) })
				}
			}
		})
	}
}
