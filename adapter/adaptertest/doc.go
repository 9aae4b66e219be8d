// Package adaptertest is the suite that every adapter must pass, whether its
// peers are Go nodes or Node ones.
package adaptertest
