// Package chat holds the rules of the chat: what a message may be, what its
// sender is told, and what every client receives. It knows no protocol and no
// Redis, and declares the interfaces it needs of both.
//
// [Chat.Message] is the old kind, event:message alone. A [Session] is a client of
// version 1 of the chat protocol, which PROTOCOL.md describes.
package chat
