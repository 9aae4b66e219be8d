package adaptertest

import (
	"testing"
	"time"
)

// target is where something goes: a namespace, rooms, and flags.
type target struct {
	nsp           string
	rooms, except []string
	local         bool
	timeout       time.Duration
}

func (to target) arguments() with {
	nsp := to.nsp
	if nsp == "" {
		nsp = "/"
	}
	return with{"nsp": nsp, "rooms": values(to.rooms), "except": values(to.except), "flags": with{"local": to.local, "timeout": to.timeout.Milliseconds()}}
}

func values(list []string) []any {
	out := make([]any, len(list))
	for i := range list {
		out[i] = list[i]
	}
	return out
}

// answers are what came of a request: values as JSON has them, and why not all came.
type answers struct {
	values []any
	err    string
}

// foundSocket is one that fetchSockets gave.
type foundSocket struct {
	ID      string
	Rooms   []string
	Query   string // its parameter "who"
	Address string
	Data    any
}

// node is one server of a cluster, of Go or of Node.
type node interface {
	url() string
	emit(to target, event string, args ...any)
	emitWithAck(to target, event string, args ...any) answers
	fetch(to target) ([]foundSocket, string)
	join(in target, rooms ...string)
	leave(in target, rooms ...string)
	disconnect(in target, closeConn bool)
	serverSideEmit(event string, args ...any)
	serverSideEmitWithAck(event string, args ...any) answers
	// heard are the events of other nodes: namespace, name and arguments.
	heard() []any
	serverCount() int
	allRooms() []string
}

// nodeServer is a server of a peer.
type nodeServer struct {
	*peer
	port int
}

func startNode(t testing.TB, k kind, url, key string) node {
	t.Helper()
	return startNodeIn(t, k, key, with{"url": url})
}

// startNodeIn starts a server with what is said of its Redis.
func startNodeIn(t testing.TB, k kind, key string, redis with) *nodeServer {
	t.Helper()
	n := &nodeServer{peer: startPeer(t)}
	config := map[string]any{"kind": k.peer, "key": key, "options": k.options}
	for name, value := range redis {
		config[name] = value
	}
	n.run("return on.serve(config)", with{"config": config}, &n.port)
	return n
}

func (n *nodeServer) url() string { return "http://127.0.0.1:" + text(n.port) }

func (n *nodeServer) emit(to target, event string, args ...any) {
	n.run("on.operator(to).emit(event, ...args)", with{"to": map[string]any(to.arguments()), "event": event, "args": args}, nil)
}

func (n *nodeServer) emitWithAck(to target, event string, args ...any) answers {
	return n.ask("on.operator(to)", to, "emit", event, args)
}

func (n *nodeServer) serverSideEmitWithAck(event string, args ...any) answers {
	return n.ask("on.io", target{}, "serverSideEmit", event, args)
}

func (n *nodeServer) ask(on string, to target, method, event string, args []any) answers {
	var got struct {
		Values []any
		Err    string
	}
	n.run("return new Promise((done) => "+on+"."+method+"(event, ...args, (err, values) => done({ values, err: err ? String(err) : '' })))",
		with{"to": map[string]any(to.arguments()), "event": event, "args": args}, &got)
	return answers{got.Values, got.Err}
}

func (n *nodeServer) fetch(to target) ([]foundSocket, string) {
	var got struct {
		Sockets []foundSocket
		Err     string
	}
	n.run(`try {
		const sockets = await on.operator(to).fetchSockets();
		return { err: '', sockets: sockets.map((s) => ({ id: s.id, rooms: [...s.rooms], query: s.handshake.query.who, address: s.handshake.address, data: s.data })) };
	} catch (error) { return { err: String(error), sockets: [] }; }`, with{"to": map[string]any(to.arguments())}, &got)
	return got.Sockets, got.Err
}

func (n *nodeServer) join(in target, rooms ...string) {
	n.run("on.operator(to).socketsJoin(rooms)", with{"to": map[string]any(in.arguments()), "rooms": values(rooms)}, nil)
}

func (n *nodeServer) leave(in target, rooms ...string) {
	n.run("on.operator(to).socketsLeave(rooms)", with{"to": map[string]any(in.arguments()), "rooms": values(rooms)}, nil)
}

func (n *nodeServer) disconnect(in target, closeConn bool) {
	n.run("on.operator(to).disconnectSockets(close)", with{"to": map[string]any(in.arguments()), "close": closeConn}, nil)
}

func (n *nodeServer) serverSideEmit(event string, args ...any) {
	n.run("on.io.serverSideEmit(event, ...args)", with{"event": event, "args": args}, nil)
}

func (n *nodeServer) heard() (got []any) {
	n.run("return on.heard", nil, &got)
	return got
}

func (n *nodeServer) serverCount() (count int) {
	n.run("return on.io.of('/').adapter.serverCount()", nil, &count)
	return count
}

func (n *nodeServer) allRooms() (rooms []string) {
	n.run("return [...(await on.io.of('/').adapter.allRooms())]", nil, &rooms)
	return rooms
}
