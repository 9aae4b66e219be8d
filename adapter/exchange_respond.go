package adapter

import (
	"strings"
	"sync"

	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"
)

// received is a message of another node.
type received struct {
	kind  int
	uid   string // of the node that sent it
	nsp   string
	data  map[string]any
	bytes int
	// offset is added to the arguments of an event, unless it is volatile: a client
	// that comes back says by it what it got last. "" where sessions are not restored.
	offset string
}

// readPeer reads a message: its envelope, and data as an object where there is any.
func readPeer(v any, bytes int) (m received, err error) {
	fields, ok := v.(map[string]any)
	if !ok {
		return m, wireError("the message is no object")
	}
	kind, ok := fields["type"].(float64)
	if !ok || kind != float64(int(kind)) || kind < peerFirstHeartbeat || kind > peerRestored {
		return m, wireError("the message is of no known type")
	}
	m.kind, m.bytes = int(kind), bytes
	m.uid, _ = fields["uid"].(string)
	m.nsp, _ = fields["nsp"].(string)
	if m.data, ok = fields["data"].(map[string]any); !ok && fields["data"] != nil {
		return m, wireError("the message's data is no object")
	}
	return m, nil
}

// requestID is that of a request or an answer, "" where there is none.
func (m received) requestID() string {
	id, _ := m.data["requestId"].(string)
	return id
}

// take handles a message of another node. It tells why, where it is none of the
// protocol.
func (x *exchange) take(m received) error {
	if m.uid == x.uid || m.nsp != x.nsp {
		return nil
	}
	x.peers.saw(m.uid)
	switch m.kind {
	case peerFirstHeartbeat, peerHeartbeat:
		return nil
	case peerClose:
		x.nodes.goodbye()
		return nil
	case peerRestored:
		if id, ok := m.data["sid"].(string); ok && x.restored != nil {
			x.restored(socket.SocketId(id))
		}
		return nil
	case peerBroadcast:
		return x.serveBroadcast(m)
	case peerJoin, peerLeave, peerDisconnect:
		return x.serveChange(m)
	case peerFetch:
		return x.serveFetch(m)
	case peerEvent:
		return x.serveEvent(m)
	default: // an answer
		x.requests.answered(m.requestID(), m.bytes, m)
		return nil
	}
}

func (x *exchange) serveBroadcast(m received) error {
	packet, err := x.readPacket(m.data["packet"])
	if err != nil {
		return err
	}
	o, err := readOptions(m.data["opts"])
	if err != nil {
		return err
	}
	x.hand(packet, o, m.uid, m.requestID(), m.offset)
	return nil
}

// hand hands a broadcast to this node's sockets, with its offset, and where there is an
// id their answers back to the node that asked.
func (x *exchange) hand(packet *parser.Packet, o wireOptions, uid, id, offset string) {
	if id == "" {
		if offset != "" && !o.flags.Volatile {
			packet.Data = append(packet.Data.([]any), offset)
		}
		x.local.serve(packet, o)
		return
	}
	uid, id = strings.Clone(uid), strings.Clone(id) // they may be parts of a whole message
	x.broadcastWithAck(packet, o.options(), func(n uint64) {
		x.reply(uid, countMessage(id, n))
	}, func(args []any, _ error) { x.reply(uid, answerMessage(peerAck, id, args)) })
}

func (x *exchange) serveChange(m received) error {
	switch m.kind {
	case peerJoin:
		return serveRooms(m.data, x.local.AddSockets)
	case peerLeave:
		return serveRooms(m.data, x.local.DelSockets)
	default:
		return x.local.serveDisconnect(m.data)
	}
}

func (x *exchange) serveFetch(m received) error {
	o, err := readOptions(m.data["opts"])
	if err != nil {
		return err
	}
	x.local.FetchSockets(o.options())(func(found []socket.SocketDetails, _ error) {
		binary := false
		for _, s := range found {
			binary = binary || hasBinary(s.Data())
		}
		x.reply(m.uid, peerMessage{kind: peerFetchAnswer, binary: binary, data: func(w *wireWriter) {
			w.object(2).key("requestId").string(m.requestID()).key("sockets").sockets(found).end()
		}})
	})
	return nil
}

// serveEvent hands an event of another node to the namespace's handlers. Those that
// are given an acknowledgement answer with its first argument, once.
func (x *exchange) serveEvent(m received) error {
	args, err := readArguments(m.data["packet"])
	if err != nil {
		return err
	}
	if id := m.requestID(); id != "" {
		var once sync.Once
		args = append(args, func(answer []any, _ error) {
			once.Do(func() { x.reply(m.uid, answerMessage(peerEventAnswer, id, answer)) })
		})
	}
	if !x.events.put(m.bytes, func() { x.Nsp().OnServerSideEmit(args) }) {
		x.cluster.pubsub.count.droppedOverflow.Add(1)
	}
	return nil
}
