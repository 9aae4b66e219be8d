package server

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
)

func TestIsClientBundle(t *testing.T) {
	for path, want := range map[string]bool{
		"/socket.io/socket.io.js":                 true,
		"/socket.io/socket.io.min.js":             true,
		"/socket.io/socket.io.esm.min.js":         true,
		"/socket.io/socket.io.msgpack.min.js":     true,
		"/socket.io/socket.io.js.map":             true,
		"/socket.io/socket.io.msgpack.min.js.map": true,
		"/socket.io/":                             false,
		"/socket.io":                              false,
		"/socket.io/other.js":                     false,
		"/socket.io/socket.io.js/":                false,
		"/socket.io/socket.io.js.map.map":         false,
		"/socket.io/../socket.io.js":              false,
		"/socket.io/.map":                         false,
		"/socket.io.js":                           false,
		"/other/socket.io.js":                     false,
		"":                                        false,
	} {
		if got := isClientBundle(path); got != want {
			t.Errorf("isClientBundle(%q) = %v, want %v", path, got, want)
		}
	}
}

func TestClientBundle(t *testing.T) {
	script := strings.Repeat("io();", 500)
	export := fstest.MapFS{
		"index.html":             {Data: []byte("page")},
		"socket.io/other.js":     {Data: []byte("other")},
		"socket.io/package.json": {Data: []byte("{}")},
	}
	for _, name := range clientBundleNames {
		export["socket.io/"+name] = &fstest.MapFile{Data: []byte(name + script)}
		export["socket.io/"+name+".map"] = &fstest.MapFile{Data: []byte(`{"file":"` + name + script + `"}`)}
	}
	handler, err := newClientBundle(export)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range clientBundleNames {
		for suffix, kind := range map[string]string{
			"":     "application/javascript; charset=utf-8",
			".map": "application/json; charset=utf-8",
		} {
			target := "/socket.io/" + name + suffix
			t.Run(target, func(t *testing.T) {
				answer := ask(handler, http.MethodGet, target+"?v=4", nil)
				want := string(export["socket.io/"+name+suffix].Data)
				if answer.Code != 200 || answer.Body.String() != want {
					t.Fatalf("answered %d with %d bytes", answer.Code, answer.Body.Len())
				}
				header := answer.Header()
				if header.Get("Content-Type") != kind || header.Get("Cache-Control") != "public, max-age=0" {
					t.Errorf("as %q, cached %q", header.Get("Content-Type"), header.Get("Cache-Control"))
				}
				again := ask(handler, http.MethodGet, target, http.Header{"If-None-Match": {"W/" + header.Get("ETag")}})
				if again.Code != http.StatusNotModified {
					t.Errorf("asked again: %d", again.Code)
				}
				packed := ask(handler, http.MethodGet, target, http.Header{"Accept-Encoding": {"gzip, br"}})
				if unpacked(t, packed) != want {
					t.Error("the gzip form holds something else")
				}
				if head := ask(handler, http.MethodHead, target, nil); head.Code != 200 || head.Body.Len() != 0 {
					t.Errorf("HEAD: %d with %d bytes", head.Code, head.Body.Len())
				}
				post := ask(handler, http.MethodPost, target, nil)
				if post.Code != http.StatusMethodNotAllowed || post.Header().Get("Allow") != "GET, HEAD" {
					t.Errorf("POST: %d, Allow %q", post.Code, post.Header().Get("Allow"))
				}
			})
		}
	}
	for _, target := range []string{"/socket.io/other.js", "/socket.io/package.json", "/socket.io/", "/index.html"} {
		if got := ask(handler, http.MethodGet, target, nil).Code; got != 404 {
			t.Errorf("%s: %d", target, got)
		}
	}
}

func TestClientBundleNotBuilt(t *testing.T) {
	handler, err := newClientBundle(fstest.MapFS{".gitkeep": {}})
	if err != nil {
		t.Fatal(err)
	}
	answer := ask(handler, http.MethodGet, "/socket.io/socket.io.js", nil)
	if answer.Code != 404 || answer.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("answered %d as %q", answer.Code, answer.Header().Get("Content-Type"))
	}
	if !strings.Contains(answer.Body.String(), "task/v3/cmd/task@v3.35.1 build") {
		t.Errorf("does not say how to build it: %q", answer.Body)
	}
}
