// Package frontend embeds the chat page's static export and the socket.io
// client bundle, both build output: without them the package compiles to an
// empty page, and the server says how to build one.
package frontend

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Dist holds the page's files, index.html at its root, and the client bundle
// under socket.io/. A checkout on which the page was never built has neither.
func Dist() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the name is a constant that the directive above embeds
	}
	return sub
}
