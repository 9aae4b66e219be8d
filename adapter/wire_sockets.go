package adapter

import (
	"strings"

	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter/esjson"
)

// remoteSocket is a socket of another node, as fetchSockets gives it.
type remoteSocket struct {
	id        socket.SocketId
	handshake *socket.Handshake
	rooms     *types.Set[socket.Room]
	data      any
}

var _ socket.SocketDetails = (*remoteSocket)(nil)

func (s *remoteSocket) Id() socket.SocketId { return s.id } //nolint:revive // the library's name

func (s *remoteSocket) Handshake() *socket.Handshake { return s.handshake }

func (s *remoteSocket) Rooms() *types.Set[socket.Room] { return s.rooms }

func (s *remoteSocket) Data() any { return s.data }

// sockets writes the {id, handshake, rooms, data} of sockets in Node's form.
func (w *wireWriter) sockets(list []socket.SocketDetails) *wireWriter {
	w.array(len(list))
	for _, s := range list {
		data := s.Data()
		if data == nil {
			data = map[string]any{} // what it is in Node until it is set
		}
		w.object(4).
			key("id").string(string(s.Id())).
			key("handshake").handshake(s.Handshake()).
			key("rooms").strings(sortedRooms(s.Rooms())).
			key("data").value(data).end()
	}
	return w.end()
}

// strings writes rooms as they are in this process.
func (w *wireWriter) strings(rooms []socket.Room) *wireWriter {
	w.array(len(rooms))
	for _, room := range rooms {
		w.string(string(room))
	}
	return w.end()
}

func (w *wireWriter) handshake(h *socket.Handshake) *wireWriter {
	if h == nil {
		h = &socket.Handshake{}
	}
	headers := make(map[string]any, len(h.Headers))
	for name, values := range h.Headers {
		headers[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	query := make(map[string]any, len(h.Query))
	for name, values := range h.Query {
		if len(values) == 1 {
			query[name] = values[0]
		} else {
			query[name] = values
		}
	}
	auth := h.Auth
	if auth == nil {
		auth = map[string]any{}
	}
	return w.object(9).
		key("headers").value(headers).
		key("time").string(h.Time).
		key("address").string(h.Address).
		key("xdomain").bool(h.Xdomain).
		key("secure").bool(h.Secure).
		key("issued").number(h.Issued).
		key("url").string(h.Url).
		key("query").value(query).
		key("auth").value(auth).end()
}

// readSockets reads sockets of another node.
func readSockets(v any) ([]socket.SocketDetails, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, wireError("sockets are no list")
	}
	sockets := make([]socket.SocketDetails, len(list))
	for i, element := range list {
		m, _ := element.(map[string]any)
		id, ok := m["id"].(string)
		if !ok {
			return nil, wireError("a socket has no id")
		}
		rooms, err := readRooms(m["rooms"])
		if err != nil {
			return nil, err
		}
		sockets[i] = &remoteSocket{id: socket.SocketId(id), handshake: readHandshake(m["handshake"]), rooms: types.NewSet(rooms...), data: m["data"]}
	}
	return sockets, nil
}

// readHandshake reads what is there of a handshake: a user's own code on another node
// may have changed it.
func readHandshake(v any) *socket.Handshake {
	m, _ := v.(map[string]any)
	h := &socket.Handshake{Headers: readValues(m["headers"]), Query: readValues(m["query"]), Auth: m["auth"]}
	h.Time, _ = m["time"].(string)
	h.Address, _ = m["address"].(string)
	h.Xdomain, _ = m["xdomain"].(bool)
	h.Secure, _ = m["secure"].(bool)
	h.Url, _ = m["url"].(string)
	if issued, ok := m["issued"].(float64); ok {
		h.Issued = int64(issued)
	}
	return h
}

// readValues reads an object whose members are strings or lists of them.
func readValues(v any) map[string][]string {
	m, _ := v.(map[string]any)
	values := make(map[string][]string, len(m))
	for name, value := range m {
		switch value := value.(type) {
		case string:
			values[name] = []string{value}
		case float64:
			values[name] = []string{esjson.NumberText(value)}
		case []any:
			for _, element := range value {
				if text, ok := element.(string); ok {
					values[name] = append(values[name], text)
				}
			}
		}
	}
	return values
}
