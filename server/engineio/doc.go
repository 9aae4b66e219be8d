// Package engineio is an Engine.IO v4 server: sessions, the polling and
// websocket transports, the upgrade between them, heartbeat and outbox. It is
// plugged under github.com/zishang520/socket.io/v2 by that library's
// Server.Bind, in place of its own engine.
//
// Protocol: https://github.com/socketio/engine.io-protocol (revision 4).
// Clients of revision 3 are refused with the protocol's error, or let in by
// Config.AllowEIO3: then polling payloads and heartbeats take its form, and
// binary packets their type.
//
// # Data flow
//
// A packet leaves as a complete websocket frame: it is built once, and a
// broadcast hands the same bytes to every session's outbox. A session on
// polling takes the frame's header off again. An outbox is written with one
// non-blocking write when nothing is queued; what piles up meanwhile leaves
// together in the next.
//
// # Locks
//
// A session has two: in (held while incoming packets are handed on, so that
// they arrive one after another) and mu (state and outbox, never held across a
// callback). They are taken in that order; the session table, the heartbeat and
// the flushers have locks of their own, which are taken last and alone.
package engineio
