// Package dispatch makes socket.io/v2 hand the events of one connection to
// their handlers in the order they were sent, one after another.
//
// The library starts a goroutine for every packet and another for every event,
// so that a sender's events overtake each other, come before "connection"
// handlers are in place, and take the process down when a handler panics. This
// package stands on both sides of that: it wraps the parser, whose decoder
// runs where packets are read, and the adapter, which learns of each socket
// before its client does.
//
// # Turns
//
// Each namespace of a connection has a lane: a queue of packets, of which one
// has its turn. The decoder emits a packet to the library only when its turn
// comes. The turn of an event travels with it, in a spare slot past the end of
// its arguments, through the library's goroutines and the user's middleware to
// the socket's emitter; the one installed here runs the handlers and ends the
// turn. A refusing middleware ends it by the "error" it causes, one that never
// calls next by a timer. Acks bypass the lane: a handler may wait for an ack of
// its own client.
//
// A lane that grows too long pauses the reading of its connection. When the
// connection ends, the events that came before are handled first.
package dispatch
