package server

import (
	"slices"

	"github.com/zishang520/socket.io/v2/socket"

	"nudge/server/chat"
	"nudge/server/internal/dispatch"
	"nudge/server/parser"
)

const (
	// chatEvent is the event that clients send messages with.
	chatEvent = "event:message"
	// chatMessage is the event that clients get them with.
	chatMessage = "message"
)

// chatRequests are the events of clients of version 1.
var chatRequests = chat.Requests()

// isChatEvent tells the parser whose arguments to leave as they were sent: key
// order, numbers and lone surrogates would not survive Go's values.
func isChatEvent(namespace, event string) bool {
	return namespace == "/" && (event == chatEvent || slices.Contains(chatRequests, event))
}

func (s *Server) onConnection(args ...any) {
	client, ok := args[0].(*socket.Socket)
	if !ok {
		return
	}
	_ = client.On(chatEvent, func(args ...any) { s.onMessage(client, args) })
	if s.clients != nil {
		s.converse(client)
	}
}

// onMessage takes a message from a client, and answers its ack when the message
// is on its way to every node. A client that asked for no ack hears of a
// problem by an "error" event.
func (s *Server) onMessage(client *socket.Socket, args []any) {
	ack := ackOf(args)
	s.chat.Message(rawOf(args), func(answer chat.Answer) { reply(client, chatEvent, ack, answer) })
}

// onPanic answers the sender of an event whose handler panicked. Nobody sent
// those of the end.
func (s *Server) onPanic(p dispatch.Panic) {
	if p.Event == "disconnecting" || p.Event == "disconnect" {
		return
	}
	reply(p.Socket, p.Event, p.Ack, chat.InternalAnswer())
}

// rawOf is the first argument of an event as it was sent, nil where there is none.
func rawOf(args []any) []byte {
	if len(args) == 0 {
		return nil
	}
	raw, _ := args[0].(parser.Raw)
	return raw
}

// ackOf is the function that answers an event, nil where the client asked for
// no answer.
func ackOf(args []any) socket.Ack {
	if len(args) == 0 {
		return nil
	}
	ack, _ := args[len(args)-1].(socket.Ack)
	return ack
}

func reply(client *socket.Socket, event string, ack socket.Ack, answer chat.Answer) {
	switch {
	case ack != nil:
		ack([]any{answer}, nil)
	case answer.Error != nil:
		_ = client.Emit("error", chat.Notice{Problem: *answer.Error, Event: event}) // not a reserved name
	}
}
