package adapter

import (
	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"
)

// The messages of Node's ClusterAdapter. 1, 2 and 13 are of nodes that count each
// other by heartbeats, which those by Redis do not. The last is of nodes of Go alone:
// those of Node pass over what they do not know.
const (
	peerFirstHeartbeat = iota + 1
	peerHeartbeat
	peerBroadcast
	peerJoin
	peerLeave
	peerDisconnect
	peerFetch
	peerFetchAnswer
	peerEvent
	peerEventAnswer
	peerClientCount
	peerAck
	peerClose
	peerRestored
)

// peerMessage is one message to other nodes.
type peerMessage struct {
	kind int64
	// data writes its member of the name "data".
	data func(w *wireWriter)
	// binary is whether there is binary data in it, and so no JSON of it.
	binary bool
	// asks is whether answers to it are expected.
	asks bool
	// rooms are those that a broadcast goes to.
	rooms []socket.Room
}

// broadcastMessage is a broadcast; of one with an id answers are expected. It is
// written at once, as encoding for clients takes the packet apart.
func (x *exchange) broadcastMessage(packet *parser.Packet, o wireOptions, id string) peerMessage {
	return peerMessage{
		kind: peerBroadcast, binary: hasBinary(packet.Data), asks: id != "", rooms: o.rooms,
		data: func(w *wireWriter) {
			if id == "" {
				w.object(2).key("packet").packet(packet, "")
			} else {
				w.object(3).key("packet").packet(packet, "").key("requestId").string(id)
			}
			w.key("opts").broadcastOptions(o).end()
		},
	}
}

// roomsMessage has sockets join or leave rooms.
func roomsMessage(kind int64, o wireOptions, rooms []socket.Room) peerMessage {
	return peerMessage{kind: kind, data: func(w *wireWriter) {
		w.object(2).key("opts").broadcastOptions(o).key("rooms")
		if kind == peerJoin {
			w.strings(rooms)
		} else {
			w.roomList(rooms)
		}
		w.end()
	}}
}

// disconnectMessage disconnects sockets, with their connections where closeConn is set.
func disconnectMessage(o wireOptions, closeConn bool) peerMessage {
	return peerMessage{kind: peerDisconnect, data: func(w *wireWriter) {
		w.object(2).key("opts").broadcastOptions(o).key("close").bool(closeConn).end()
	}}
}

// fetchMessage asks for sockets.
func fetchMessage(o wireOptions, id string) peerMessage {
	return peerMessage{kind: peerFetch, asks: true, data: func(w *wireWriter) {
		w.object(2).key("opts").broadcastOptions(o).key("requestId").string(id).end()
	}}
}

// eventMessage is an event for the handlers of other servers; of one with an id answers
// are expected.
func eventMessage(packet []any, id string) peerMessage {
	return peerMessage{kind: peerEvent, binary: hasBinary(packet), asks: id != "", data: func(w *wireWriter) {
		if id == "" {
			w.object(1)
		} else {
			w.object(2).key("requestId").string(id)
		}
		w.key("packet").values(packet).end()
	}}
}

// countMessage is how many clients have got a broadcast.
func countMessage(id string, n uint64) peerMessage {
	return peerMessage{kind: peerClientCount, data: func(w *wireWriter) {
		w.object(2).key("requestId").string(id).key("clientCount").number(int64(n)).end()
	}}
}

// answerMessage is the answer of a client or of a handler: its first argument, which
// in JSON is left out where there is none.
func answerMessage(kind int64, id string, args []any) peerMessage {
	return peerMessage{kind: kind, binary: hasBinary(args), data: func(w *wireWriter) {
		switch {
		case len(args) > 0:
			w.object(2).key("requestId").string(id).key("packet").value(args[0])
		case w.packed:
			w.object(2).key("requestId").string(id).key("packet").value(nil)
		default:
			w.object(1).key("requestId").string(id)
		}
		w.end()
	}}
}
