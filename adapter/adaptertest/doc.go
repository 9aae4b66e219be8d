// Package adaptertest is the suite that every adapter must pass: whether its peers are
// Go nodes or Node ones, and under plain socket.io/v2 on an engine that records what the
// adapter hands over.
package adaptertest
