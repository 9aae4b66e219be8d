// Package bench loads a Socket.IO server and measures what came of it. Its
// clients are raw websockets: they speak just enough Engine.IO (v4) and
// Socket.IO (v5) to be taken for real ones, and a few goroutines read them all,
// so that the generator costs little beside the server that it measures.
package bench
