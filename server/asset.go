package server

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
)

// contentTypes are the types of what a page is made of, by file name
// extension. The system's own table differs from one machine to the next.
var contentTypes = map[string]string{
	".avif":        "image/avif",
	".css":         "text/css; charset=utf-8",
	".gif":         "image/gif",
	".html":        "text/html; charset=utf-8",
	".ico":         "image/x-icon",
	".jpeg":        "image/jpeg",
	".jpg":         "image/jpeg",
	".js":          "text/javascript; charset=utf-8",
	".json":        "application/json; charset=utf-8",
	".map":         "application/json; charset=utf-8",
	".mjs":         "text/javascript; charset=utf-8",
	".png":         "image/png",
	".svg":         "image/svg+xml; charset=utf-8",
	".txt":         "text/plain; charset=utf-8",
	".wasm":        "application/wasm",
	".webmanifest": "application/manifest+json; charset=utf-8",
	".webp":        "image/webp",
	".woff":        "font/woff",
	".woff2":       "font/woff2",
	".xml":         "application/xml; charset=utf-8",
}

// contentType is the type of the file name, by its extension.
func contentType(name string) string {
	if known, ok := contentTypes[path.Ext(name)]; ok {
		return known
	}
	return "application/octet-stream"
}

// asset is a file held in memory, ready to be answered with.
type asset struct {
	header http.Header // of every answer: type, caching, policies
	plain  representation
	gzip   *representation // nil where compressing does not make it smaller
}

// representation is one form of an asset's content, and the name of that form.
type representation struct {
	body []byte
	etag string
}

// newAsset prepares body, once, for all answers to come. It keeps both
// arguments.
func newAsset(body []byte, header http.Header) *asset {
	sum := sha256.Sum256(body)
	tag := base64.RawURLEncoding.EncodeToString(sum[:16])
	a := &asset{header: header, plain: representation{body, `"` + tag + `"`}}
	if packed := compress(body); len(packed) < len(body) {
		a.gzip = &representation{packed, `"` + tag + `-gzip"`}
		header.Add("Vary", "Accept-Encoding")
	}
	return a
}

func compress(body []byte) []byte {
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is a constant that gzip knows
	}
	_, _ = w.Write(body) // a bytes.Buffer takes everything
	_ = w.Close()
	return packed.Bytes()
}

// serve answers a GET or HEAD with the asset, or with 304 where the client
// holds it already.
func (a *asset) serve(w http.ResponseWriter, r *http.Request) {
	form := a.choose(w, r)
	w.Header().Set("ETag", form.etag)
	if holds(r.Header.Values("If-None-Match"), form.etag) {
		w.Header().Del("Content-Type")
		w.Header().Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	form.write(w, r, http.StatusOK)
}

// serveStatus answers with the asset under a status that says it is not what
// was asked for, and that is therefore never revalidated.
func (a *asset) serveStatus(w http.ResponseWriter, r *http.Request, status int) {
	a.choose(w, r).write(w, r, status)
}

// choose sets the headers of an answer and says which form it takes.
func (a *asset) choose(w http.ResponseWriter, r *http.Request) *representation {
	for name, values := range a.header {
		if name == "Vary" { // what wraps this handler may vary by more
			values = append(w.Header()[name], values...)
		}
		w.Header()[name] = slices.Clone(values)
	}
	if a.gzip != nil && acceptsGzip(r.Header.Values("Accept-Encoding")) {
		w.Header().Set("Content-Encoding", "gzip")
		return a.gzip
	}
	return &a.plain
}

func (f *representation) write(w http.ResponseWriter, r *http.Request, status int) {
	w.Header().Set("Content-Length", strconv.Itoa(len(f.body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(f.body) // a client that left needs no answer
	}
}

// assets are files by the path of a request.
type assets map[string]*asset

// serve answers a request for one of the files, and one that does not read. It
// reports false where no file has the request's path, and has answered nothing.
func (a assets) serve(w http.ResponseWriter, r *http.Request) bool {
	if !allowRead(w, r) {
		return true
	}
	file, ok := a[r.URL.Path]
	if ok {
		file.serve(w, r)
	}
	return ok
}

// allowRead answers anything but GET and HEAD with 405 and reports whether the
// request is one of the two.
func allowRead(w http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	w.Header().Set("Allow", "GET, HEAD")
	http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	return false
}

// holds reports whether an If-None-Match header names etag. The comparison is
// the weak one (RFC 9110, section 13.1.2).
func holds(ifNoneMatch []string, etag string) bool {
	for _, list := range ifNoneMatch {
		for tag := range strings.SplitSeq(list, ",") {
			tag = strings.TrimSpace(tag)
			if tag == "*" || strings.TrimPrefix(tag, "W/") == etag {
				return true
			}
		}
	}
	return false
}

// acceptsGzip reports whether an Accept-Encoding header takes gzip, by name or
// by "*"; a weight of 0 is a refusal, and a name counts before "*" (RFC 9110,
// section 12.5.3).
func acceptsGzip(acceptEncoding []string) bool {
	wildcard := false
	for _, list := range acceptEncoding {
		for coding := range strings.SplitSeq(list, ",") {
			name, parameter, _ := strings.Cut(coding, ";")
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "gzip", "x-gzip":
				return !isZeroWeight(parameter)
			case "*":
				wildcard = !isZeroWeight(parameter)
			}
		}
	}
	return wildcard
}

func isZeroWeight(parameter string) bool {
	name, value, ok := strings.Cut(parameter, "=")
	if !ok || !strings.EqualFold(strings.TrimSpace(name), "q") {
		return false
	}
	weight, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	return err != nil || weight <= 0
}
