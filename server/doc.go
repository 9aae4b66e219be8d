// Package server is the process: it listens, serves the chat page, health and
// Socket.IO, and wires the rooms below it together: engine, parser, order of
// events, adapter, relay and the rules of the chat.
//
//	srv, err := server.New(server.Config{RedisURL: "redis://localhost:6379"})
//	…
//	err = srv.Run(ctx)
package server
