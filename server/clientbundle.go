package server

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// clientBundleDir is where the client bundle is, in the page's file system and
// below the root of the server.
const clientBundleDir = "socket.io"

// clientBundleNames are the files of the client bundle; each has a source map
// beside it. They are those that socket.io's own server offers and npm's
// socket.io-client holds.
var clientBundleNames = []string{
	"socket.io.js",
	"socket.io.min.js",
	"socket.io.esm.min.js",
	"socket.io.msgpack.min.js",
}

const clientBundleHint = "The socket.io client is not part of this binary: it was not built. " +
	"Run in the repository: go run github.com/go-task/task/v3/cmd/task@v3.35.1 build"

// isClientBundle reports whether a request's path names a file of the client
// bundle, built or not, rather than a session.
func isClientBundle(requestPath string) bool {
	file, ok := strings.CutPrefix(requestPath, "/"+clientBundleDir+"/")
	if !ok {
		return false
	}
	file = strings.TrimSuffix(file, ".map")
	for _, name := range clientBundleNames {
		if file == name {
			return true
		}
	}
	return false
}

// clientBundle serves socket.io-client's browser bundles from memory.
type clientBundle struct {
	files assets
}

// newClientBundle prepares the bundle in fsys, below socket.io/. What is not
// there is answered with 404 and how to build it.
func newClientBundle(fsys fs.FS) (http.Handler, error) {
	b := &clientBundle{files: assets{}}
	for _, script := range clientBundleNames {
		for _, name := range []string{script, script + ".map"} {
			file := path.Join(clientBundleDir, name)
			body, err := fs.ReadFile(fsys, file)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("client bundle: %w", err)
			}
			b.files["/"+file] = newAsset(body, clientBundleHeader(name))
		}
	}
	return b, nil
}

// clientBundleHeader returns the headers that every answer with the file
// carries: type and caching are those of socket.io's own server.
func clientBundleHeader(name string) http.Header {
	header := http.Header{}
	header.Set("Cache-Control", "public, max-age=0")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Type", "application/javascript; charset=utf-8")
	if path.Ext(name) == ".map" {
		header.Set("Content-Type", "application/json; charset=utf-8")
	}
	return header
}

// ServeHTTP implements [http.Handler].
func (b *clientBundle) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !b.files.serve(w, r) {
		http.Error(w, clientBundleHint, http.StatusNotFound)
	}
}
