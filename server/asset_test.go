package server

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestContentType(t *testing.T) {
	for name, want := range map[string]string{
		"index.html":     "text/html; charset=utf-8",
		"a/b.js":         "text/javascript; charset=utf-8",
		"b.css":          "text/css; charset=utf-8",
		"icon.svg":       "image/svg+xml; charset=utf-8",
		"socket.js.map":  "application/json; charset=utf-8",
		"font.woff2":     "font/woff2",
		"index.txt":      "text/plain; charset=utf-8",
		"no-extension":   "application/octet-stream",
		"unknown.nudge":  "application/octet-stream",
		"directory.d/js": "application/octet-stream",
	} {
		if got := contentType(name); got != want {
			t.Errorf("contentType(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestAcceptsGzip(t *testing.T) {
	for _, test := range []struct {
		header []string
		want   bool
	}{
		{nil, false},
		{[]string{""}, false},
		{[]string{"gzip"}, true},
		{[]string{"GZIP"}, true},
		{[]string{"x-gzip"}, true},
		{[]string{"gzip, deflate, br, zstd"}, true},
		{[]string{"br", "gzip"}, true},
		{[]string{"deflate, br"}, false},
		{[]string{"identity"}, false},
		{[]string{"gzip;q=0.5"}, true},
		{[]string{"gzip; q=0"}, false},
		{[]string{"gzip;q=0.000"}, false},
		{[]string{"gzip;q=nonsense"}, false},
		{[]string{"gzip;level=9"}, true},
		{[]string{"*"}, true},
		{[]string{"*;q=0"}, false},
		{[]string{"*, gzip;q=0"}, false},
		{[]string{"*;q=0, gzip"}, true},
		{[]string{"gzipped"}, false},
	} {
		if got := acceptsGzip(test.header); got != test.want {
			t.Errorf("acceptsGzip(%q) = %v, want %v", test.header, got, test.want)
		}
	}
}

func TestHolds(t *testing.T) {
	const etag = `"abc"`
	for _, test := range []struct {
		header []string
		want   bool
	}{
		{nil, false},
		{[]string{""}, false},
		{[]string{`"abc"`}, true},
		{[]string{`W/"abc"`}, true},
		{[]string{`"x", "abc"`}, true},
		{[]string{`"x"`, `"abc"`}, true},
		{[]string{"*"}, true},
		{[]string{`abc`}, false},
		{[]string{`"abcd"`}, false},
	} {
		if got := holds(test.header, etag); got != test.want {
			t.Errorf("holds(%q) = %v, want %v", test.header, got, test.want)
		}
	}
}

// FuzzRequestHeaders holds that no request header breaks the reading of it,
// and that only a header naming gzip or "*" takes gzip.
func FuzzRequestHeaders(f *testing.F) {
	f.Add("gzip;q=0, *;q=1.0", `W/"a", "b"`)
	f.Add(";=,;q", `,"`)
	f.Fuzz(func(t *testing.T, acceptEncoding, ifNoneMatch string) {
		if acceptsGzip([]string{acceptEncoding}) &&
			!strings.Contains(strings.ToLower(acceptEncoding), "gzip") && !strings.Contains(acceptEncoding, "*") {
			t.Errorf("%q takes gzip", acceptEncoding)
		}
		if holds([]string{ifNoneMatch}, `"e"`) && !strings.Contains(ifNoneMatch, `"e"`) && !strings.Contains(ifNoneMatch, "*") {
			t.Errorf("%q names the tag", ifNoneMatch)
		}
	})
}

// ask sends one request to handler and returns the answer.
func ask(handler http.Handler, method, target string, header http.Header) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for name, values := range header {
		r.Header[name] = values
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

// unpacked returns the body of an answer in gzip.
func unpacked(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	if got := w.Header().Get("Content-Encoding"); got != "gzip" {
		t.Fatalf("Content-Encoding is %q, want gzip", got)
	}
	reader, err := gzip.NewReader(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestAsset(t *testing.T) {
	long := strings.Repeat("all work and no play ", 100)
	file := newAsset([]byte(long), http.Header{"Content-Type": {"text/plain"}, "Cache-Control": {"no-cache"}})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Origin")
		file.serve(w, r)
	})

	plain := ask(handler, http.MethodGet, "/", nil)
	if plain.Code != http.StatusOK || plain.Body.String() != long {
		t.Fatalf("plain: %d with %d bytes, want 200 with %d", plain.Code, plain.Body.Len(), len(long))
	}
	packed := ask(handler, http.MethodGet, "/", http.Header{"Accept-Encoding": {"gzip"}})
	if unpacked(t, packed) != long {
		t.Error("the gzip form holds something else")
	}
	if packed.Body.Len() >= len(long) {
		t.Errorf("the gzip form has %d bytes, the plain one %d", packed.Body.Len(), len(long))
	}
	if plain.Header().Get("ETag") == packed.Header().Get("ETag") {
		t.Error("two forms have one tag")
	}
	for _, answer := range []*httptest.ResponseRecorder{plain, packed} {
		if got := strings.Join(answer.Header().Values("Vary"), ", "); got != "Origin, Accept-Encoding" {
			t.Errorf("Vary is %q", got)
		}
		encoding := http.Header{"If-None-Match": {answer.Header().Get("ETag")}}
		if answer == packed {
			encoding.Set("Accept-Encoding", "gzip")
		}
		again := ask(handler, http.MethodGet, "/", encoding)
		if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
			t.Errorf("asked again: %d with %d bytes, want 304 with none", again.Code, again.Body.Len())
		}
		if got := again.Header().Get("Cache-Control"); got != "no-cache" {
			t.Errorf("asked again: Cache-Control is %q", got)
		}
	}

	head := ask(handler, http.MethodHead, "/", nil)
	if head.Body.Len() != 0 || head.Header().Get("Content-Length") != plain.Header().Get("Content-Length") {
		t.Errorf("HEAD: %d bytes, Content-Length %q", head.Body.Len(), head.Header().Get("Content-Length"))
	}
}

func TestAssetThatDoesNotCompress(t *testing.T) {
	file := newAsset([]byte("short"), http.Header{})
	handler := http.HandlerFunc(file.serve)
	answer := ask(handler, http.MethodGet, "/", http.Header{"Accept-Encoding": {"gzip"}})
	if answer.Body.String() != "short" || answer.Header().Get("Content-Encoding") != "" {
		t.Errorf("got %q in %q", answer.Body, answer.Header().Get("Content-Encoding"))
	}
	if got := answer.Header().Get("Vary"); got != "" {
		t.Errorf("Vary is %q though there is one form", got)
	}
}
