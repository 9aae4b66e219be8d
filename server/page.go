package server

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

const (
	// cacheRevalidate lets a client keep a file and ask whether it still holds.
	cacheRevalidate = "no-cache"
	// cacheForever is for files whose name changes with their content.
	cacheForever = "public, max-age=31536000, immutable"

	pageIndex    = "index.html"
	pageNotFound = "404.html"
)

// unbuiltPage stands in for a page that was never built. Its own policy covers
// its style, by the hash of what is written here.
const unbuiltPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Nudge</title>
<style>
:root { color-scheme: light dark }
body { max-width: 40rem; margin: 15vh auto; padding: 0 1.5rem; font: 1rem/1.6 system-ui, sans-serif }
pre { overflow-x: auto; padding: 1rem; border: 1px solid; border-radius: .5rem }
</style>
<main>
<h1>Nudge is running</h1>
<p>Socket.IO clients can connect. The chat page is not part of this binary: it was not built.
To build it, and a binary that holds it, run in the repository:</p>
<pre tabindex="0">go run github.com/go-task/task/v3/cmd/task@v3.35.1 build</pre>
<p>then start the binary again, or let one command do both:</p>
<pre tabindex="0">go run github.com/go-task/task/v3/cmd/task@v3.35.1 run</pre>
</main>
</html>
`

// page serves the chat page's static export from memory.
type page struct {
	files    assets
	notFound *asset // nil where the export has none
}

// newPage prepares the page in fsys, an export with index.html at its root. It
// reports whether there is one; without it the handler serves, at "/", a page
// that says how to build it.
func newPage(fsys fs.FS) (http.Handler, bool, error) {
	if _, err := fs.Stat(fsys, pageIndex); errors.Is(err, fs.ErrNotExist) {
		unbuilt := newAsset([]byte(unbuiltPage), pageHeader(pageIndex, []byte(unbuiltPage), nil))
		return &page{files: assets{"/": unbuilt}}, false, nil
	}
	var connect []string
	config, err := fs.ReadFile(fsys, pageConfig)
	if err == nil {
		connect, err = connectSources(config)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, false, err
	}

	p := &page{files: assets{}}
	err = fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(entry.Name(), "."), name == clientBundleDir:
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir():
			return nil
		}
		body, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		p.add(name, newAsset(body, pageHeader(name, body, connect)))
		return nil
	})
	if err != nil {
		return nil, false, fmt.Errorf("page: %w", err)
	}
	return p, true, nil
}

// add makes the file known under its path and, where it is a document, under
// the path that links name it by.
func (p *page) add(name string, file *asset) {
	if name == pageNotFound {
		p.notFound = file
		return
	}
	p.files["/"+name] = file
	if bare, ok := strings.CutSuffix(name, ".html"); ok {
		if path.Base(bare) == "index" {
			bare = strings.TrimSuffix(bare, "index")
		}
		p.files["/"+bare] = file
	}
}

// pageHeader returns the headers that every answer with the file carries.
func pageHeader(name string, body []byte, connect []string) http.Header {
	header := http.Header{}
	header.Set("Content-Type", contentType(name))
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Cache-Control", cacheRevalidate)
	if strings.HasPrefix(name, "_next/static/") {
		header.Set("Cache-Control", cacheForever)
	}
	if path.Ext(name) == ".html" {
		header.Set("Content-Security-Policy", contentSecurityPolicy(body, connect))
	}
	return header
}

// ServeHTTP implements [http.Handler]. A path is looked up as it is, so that
// none leads out of the page or to a list of its files.
func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case p.files.serve(w, r):
	case p.notFound == nil:
		http.NotFound(w, r)
	default:
		p.notFound.serveStatus(w, r, http.StatusNotFound)
	}
}
