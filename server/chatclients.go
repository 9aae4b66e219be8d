package server

import (
	"strings"
	"sync/atomic"

	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
	"nudge/server/chat"
)

// The library's rooms that the chat has clients in. Each begins with what no room
// of the chat and no socket's id begins with.
const (
	versionRoom = "chat/1"  // all clients of version 1
	roomPrefix  = "chat/1/" // before the name of the chat's room
)

// chatClients are this node's clients of version 1, as package chat sees them.
type chatClients struct {
	nsp  socket.Namespace
	seen atomic.Bool // there was one: a chat without them pays nothing for them
}

// Emit implements chat.Clients.
func (c *chatClients) Emit(room, event string, volatile bool, args ...any) {
	if !c.seen.Load() {
		return
	}
	batch := make([][]any, len(args))
	for i, arg := range args {
		batch[i] = []any{arg}
	}
	to := adapter.Target{Room: socket.Room(roomPrefix + room), Volatile: volatile}
	adapter.EmitBatchTo(c.nsp, to, event, batch...)
}

// others are all clients but these.
func (c *chatClients) others() adapter.Target {
	if !c.seen.Load() {
		return adapter.Target{}
	}
	return adapter.Target{Except: versionRoom}
}

// chatClient is one connection of version 1, as package chat sees it.
type chatClient struct{ socket *socket.Socket }

func (c chatClient) Emit(event string, arg any) { _ = c.socket.Emit(event, arg) } // not a reserved name

func (c chatClient) Join(room string) bool {
	name := socket.Room(roomPrefix + room)
	c.socket.Join(name)
	return c.socket.Rooms().Has(name)
}

func (c chatClient) Leave(room string) { c.socket.Leave(socket.Room(roomPrefix + room)) }

// admit looks whether a client asks for version 1, and keeps it from what is for
// the others before it is connected.
func (s *Server) admit(client *socket.Socket, next func(*socket.ExtendedError)) {
	_, asked, err := authOf(client)
	if err != nil {
		problem := chat.ProblemOf(err)
		next(socket.NewExtendedError(problem.Message, problem))
		return
	}
	if asked {
		s.clients.seen.Store(true)
		client.Join(versionRoom)
	}
	next(nil)
}

// authOf is what a client says of itself in its auth; asked is false for one that
// says nothing of the chat.
func authOf(client *socket.Socket) (auth chat.Auth, asked bool, err error) {
	fields, _ := client.Handshake().Auth.(map[string]any)
	version, asked := fields["chat"]
	if !asked {
		return chat.Auth{}, false, nil
	}
	auth, err = chat.ReadAuth(version, fields["key"], fields["name"])
	return auth, true, err
}

// converse takes in a client that is connected now, if it is of version 1.
func (s *Server) converse(client *socket.Socket) {
	auth, asked, err := authOf(client)
	if !asked || err != nil {
		return
	}
	for _, room := range client.Rooms().Keys() {
		if strings.HasPrefix(string(room), roomPrefix) {
			client.Leave(room) // of a restored session: the client joins again
		}
	}
	session := s.chat.Connect(chatClient{client}, auth)
	for _, event := range chatRequests {
		_ = client.On(event, func(args ...any) {
			ack := ackOf(args)
			session.Handle(event, rawOf(args), func(answer any) { replyWith(client, event, ack, answer) })
		})
	}
	_ = client.On("disconnect", func(...any) { session.Close() })
}

// replyWith answers an event: a client that asked for no answer hears of a problem
// alone.
func replyWith(client *socket.Socket, event string, ack socket.Ack, answer any) {
	if problem, failed := answer.(chat.Answer); failed {
		reply(client, event, ack, problem)
	} else if ack != nil {
		ack([]any{answer}, nil)
	}
}
