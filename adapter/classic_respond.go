package adapter

import (
	"strings"
	"sync"

	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"
)

// classicMessage is a request or a response.
type classicMessage struct {
	fields    map[string]any
	kind      int    // -1 where there is none
	uid       string // of who asks
	requestID string // "" where no answer is expected
	bytes     int
}

// readClassic reads one, with what all of them may have.
func readClassic(payload string) (m classicMessage, err error) {
	v, err := readWire(payload)
	if err != nil {
		return m, err
	}
	var ok bool
	if m.fields, ok = v.(map[string]any); !ok {
		return m, wireError("the message is no object")
	}
	m.kind, m.bytes = -1, len(payload)
	if kind, ok := m.fields["type"].(float64); ok && (kind >= 0 && kind <= classicAck || kind == classicGoodbye) {
		m.kind = int(kind)
	}
	m.uid, _ = m.fields["uid"].(string)
	m.requestID, _ = m.fields["requestId"].(string)
	return m, nil
}

// onRequest does what another node asks for.
func (c *classic) onRequest(channel, payload string) {
	if b, ok := c.skimClassicRequest(payload); ok {
		c.serveSkimmed(b)
		return
	}
	m, err := readClassic(payload)
	if err == nil {
		err = c.serve(m)
	}
	if err != nil {
		c.cluster.pubsub.malformed(channel, err)
	}
}

func (c *classic) serve(m classicMessage) error {
	switch m.kind {
	case classicSockets:
		if m.uid == c.uid {
			return nil
		}
		rooms, err := readRooms(m.fields["rooms"])
		if err != nil {
			return err
		}
		ids := c.Sockets(types.NewSet(rooms...)).Keys()
		w := c.response(m, 1).key("sockets").array(len(ids))
		for _, id := range ids {
			w.string(string(id))
		}
		c.respond(m, w.end().end())
	case classicAllRooms:
		if m.uid == c.uid {
			return nil
		}
		c.respond(m, c.response(m, 1).key("rooms").strings(c.Rooms().Keys()).end())
	case classicJoin, classicLeave, classicDisconnect:
		return c.serveChange(m)
	case classicFetch:
		return c.serveFetch(m)
	case classicServerSideEmit:
		return c.serveEvent(m)
	case classicBroadcast:
		return c.serveBroadcast(m)
	case classicGoodbye:
		if m.uid != c.uid {
			c.nodes.goodbye()
		}
	default:
		return wireError("the request is of no known type")
	}
	return nil
}

// response begins the JSON of an answer.
func (c *classic) response(m classicMessage, members int) *wireWriter {
	return newJSONWriter(c.log).object(members + 1).key("requestId").string(m.requestID)
}

// respond answers to the node that asked, on the channel that it alone listens to.
func (c *classic) respond(m classicMessage, w *wireWriter) {
	if m.uid == "" {
		c.publish(c.names.response, w)
		return
	}
	c.publish(c.names.response+m.uid+"#", w)
}

// serveChange has sockets join, leave or disconnect.
func (c *classic) serveChange(m classicMessage) error {
	if m.uid == c.uid {
		return nil // done before it was sent
	}
	if m.fields["opts"] == nil {
		return c.serveOne(m)
	}
	switch m.kind {
	case classicJoin:
		return serveRooms(m.fields, c.local.AddSockets)
	case classicLeave:
		return serveRooms(m.fields, c.local.DelSockets)
	default:
		return c.local.serveDisconnect(m.fields)
	}
}

// serveOne is the form of older versions: one socket, one room, and an answer.
func (c *classic) serveOne(m classicMessage) error {
	sid, ok := m.fields["sid"].(string)
	if !ok {
		return wireError("the request has neither opts nor sid")
	}
	s, found := c.Nsp().Sockets().Load(socket.SocketId(sid))
	if !found {
		return nil // another node answers
	}
	if m.kind == classicDisconnect {
		s.Disconnect(m.fields["close"] == true)
	} else {
		rooms, err := readRooms([]any{m.fields["room"]})
		if err != nil {
			return err
		}
		if m.kind == classicJoin {
			s.Join(rooms...)
		} else {
			s.Leave(rooms[0])
		}
	}
	c.respond(m, c.response(m, 0).end())
	return nil
}

func (c *classic) serveFetch(m classicMessage) error {
	if m.uid == c.uid {
		return nil
	}
	o, err := readOptions(m.fields["opts"])
	if err != nil {
		return err
	}
	c.local.FetchSockets(o.options())(func(found []socket.SocketDetails, _ error) {
		c.respond(m, c.response(m, 1).key("sockets").sockets(found).end())
	})
	return nil
}

// serveEvent hands an event of another node to the namespace's handlers.
func (c *classic) serveEvent(m classicMessage) error {
	if m.uid == c.uid {
		return nil
	}
	args, err := readArguments(m.fields["data"])
	if err != nil {
		return err
	}
	if m.requestID != "" {
		args = append(args, c.answerEvent(m))
	}
	if !c.events.put(m.bytes, func() { c.Nsp().OnServerSideEmit(args) }) {
		c.cluster.pubsub.count.droppedOverflow.Add(1)
	}
	return nil
}

// answerEvent is the acknowledgement that a handler is given. It answers with its
// first argument, once, on the channel that all nodes listen to: so Node does.
func (c *classic) answerEvent(m classicMessage) socket.Ack {
	var once sync.Once
	return func(args []any, _ error) {
		once.Do(func() {
			w := newJSONWriter(c.log).object(2 + min(len(args), 1)).
				key("type").number(classicServerSideEmit).key("requestId").string(m.requestID)
			if len(args) > 0 {
				w.key("data").value(args[0])
			}
			c.publish(c.names.response, w.end())
		})
	}
}

// serveBroadcast hands a broadcast to this node's sockets, and their answers back.
func (c *classic) serveBroadcast(m classicMessage) error {
	if m.uid == c.uid {
		return nil
	}
	packet, err := c.readPacket(m.fields["packet"])
	if err != nil {
		return err
	}
	o, err := readOptions(m.fields["opts"])
	if err != nil {
		return err
	}
	c.hand(packet, o, m)
	return nil
}

// serveSkimmed is serveBroadcast for one that was skimmed.
func (c *classic) serveSkimmed(b skimmed) {
	if b.uid == c.uid {
		return
	}
	// Both may be parts of a whole message.
	m := classicMessage{uid: strings.Clone(b.uid), requestID: strings.Clone(b.id)}
	if b.packet == nil {
		c.respondCount(m, 0)
		return
	}
	c.suit(b.packet)
	c.hand(b.packet, b.options, m)
}

// hand hands a broadcast to this node's sockets, and their answers to the node that asked.
func (c *classic) hand(packet *parser.Packet, o wireOptions, m classicMessage) {
	c.broadcastWithAck(packet, o.options(), func(n uint64) { c.respondCount(m, n) }, func(args []any, _ error) {
		w := newPackedWriter(c.log).object(2 + min(len(args), 1)).
			key("type").number(classicAck).key("requestId").string(m.requestID)
		if len(args) > 0 {
			w.key("packet").value(args[0])
		}
		c.respond(m, w.end())
	})
}

// respondCount tells how many of this node's clients get a broadcast.
func (c *classic) respondCount(m classicMessage, n uint64) {
	c.respond(m, newJSONWriter(c.log).object(3).
		key("type").number(classicClientCount).
		key("requestId").string(m.requestID).
		key("clientCount").number(int64(n)).end())
}

// onResponse hands an answer to the request that waits for it.
func (c *classic) onResponse(channel, payload string) {
	if id, plain := classicRequestID(payload); plain && !c.requests.has(id) {
		return // for another node, on the channel that all listen to
	}
	m, err := readClassic(payload)
	if err != nil {
		c.cluster.pubsub.malformed(channel, err)
		return
	}
	c.requests.answered(m.requestID, len(payload), m.fields)
}

// classicRequestID finds the request's id in the usual forms of an answer as JSON,
// where that is cheap.
func classicRequestID(payload string) (id string, found bool) {
	const first = `{"requestId":"`
	if !strings.HasPrefix(payload, first) {
		return "", false
	}
	id, _, found = strings.Cut(payload[len(first):], `"`)
	return id, found && !strings.Contains(id, `\`)
}
