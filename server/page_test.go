package server

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"nudge/frontend"
)

// builtPage is what an export looks like.
func builtPage() fstest.MapFS {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	return fstest.MapFS{
		"index.html":               file("<!doctype html><title>Chat</title><script>alert(1)</script>" + strings.Repeat("<p>", 500)),
		"404.html":                 file("<!doctype html><title>Not found</title>"),
		"about.html":               file("about"),
		"help/index.html":          file("help"),
		"icon.svg":                 file("<svg/>"),
		"config.json":              file(`{"server":""}`),
		"_next/static/chunks/a.js": file("a()"),
		"socket.io/socket.io.js":   file("io()"),
		".gitkeep":                 file(""),
		".hidden/secret.txt":       file("hidden"),
	}
}

func TestPage(t *testing.T) {
	handler, built, err := newPage(builtPage())
	if err != nil || !built {
		t.Fatalf("built %v, %v", built, err)
	}
	const (
		html = "text/html; charset=utf-8"
		text = "text/javascript; charset=utf-8"
	)
	for _, test := range []struct {
		target            string
		code              int
		kind, cache, part string
	}{
		{"/", 200, html, "no-cache", "<title>Chat"},
		{"/?utm=1", 200, html, "no-cache", "<title>Chat"},
		{"/index.html", 200, html, "no-cache", "<title>Chat"},
		{"/about", 200, html, "no-cache", "about"},
		{"/about.html", 200, html, "no-cache", "about"},
		{"/help/", 200, html, "no-cache", "help"},
		{"/icon.svg", 200, "image/svg+xml; charset=utf-8", "no-cache", "<svg/>"},
		{"/config.json", 200, "application/json; charset=utf-8", "no-cache", "server"},
		{"/_next/static/chunks/a.js", 200, text, "public, max-age=31536000, immutable", "a()"},
		{"/_next/static/chunks/b.js", 404, html, "no-cache", "Not found"},
		{"/_next/static/", 404, html, "no-cache", "Not found"},
		{"/_next", 404, html, "no-cache", "Not found"},
		{"/unknown", 404, html, "no-cache", "Not found"},
		{"/404", 404, html, "no-cache", "Not found"},
		{"/404.html", 404, html, "no-cache", "Not found"},
		{"/.gitkeep", 404, html, "no-cache", "Not found"},
		{"/.hidden/secret.txt", 404, html, "no-cache", "Not found"},
		{"/socket.io/socket.io.js", 404, html, "no-cache", "Not found"},
		{"/../page.go", 404, html, "no-cache", "Not found"},
		{"/%2e%2e/page.go", 404, html, "no-cache", "Not found"},
		{"/..%2fpage.go", 404, html, "no-cache", "Not found"},
		{"//index.html", 404, html, "no-cache", "Not found"},
	} {
		t.Run(test.target, func(t *testing.T) {
			answer := ask(handler, http.MethodGet, "http://host"+test.target, nil)
			header := answer.Header()
			if answer.Code != test.code || !strings.Contains(answer.Body.String(), test.part) {
				t.Errorf("answered %d %q", answer.Code, answer.Body)
			}
			if header.Get("Content-Type") != test.kind || header.Get("Cache-Control") != test.cache {
				t.Errorf("as %q, cached %q", header.Get("Content-Type"), header.Get("Cache-Control"))
			}
			if header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Referrer-Policy") != "same-origin" {
				t.Errorf("headers are %v", header)
			}
			if got := header.Get("Content-Security-Policy") != ""; got != (test.kind == html) {
				t.Errorf("has a content security policy: %v", got)
			}
			if got := header.Get("ETag") != ""; got != (test.code == 200) {
				t.Errorf("has a tag: %v", got)
			}

			tagged := http.Header{"If-None-Match": {header.Get("ETag")}}
			again := 304
			if test.code == 404 {
				tagged, again = http.Header{"If-None-Match": {"*"}}, 404
			}
			if got := ask(handler, http.MethodGet, "http://host"+test.target, tagged).Code; got != again {
				t.Errorf("asked again: %d, want %d", got, again)
			}
		})
	}
}

func TestPageMethods(t *testing.T) {
	handler, _, err := newPage(builtPage())
	if err != nil {
		t.Fatal(err)
	}
	head := ask(handler, http.MethodHead, "/", nil)
	if head.Code != 200 || head.Body.Len() != 0 || head.Header().Get("Content-Length") == "" {
		t.Errorf("HEAD: %d, %d bytes, %v", head.Code, head.Body.Len(), head.Header())
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		for _, target := range []string{"/", "/unknown"} {
			answer := ask(handler, method, target, nil)
			if answer.Code != http.StatusMethodNotAllowed || answer.Header().Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: %d, Allow %q", method, target, answer.Code, answer.Header().Get("Allow"))
			}
		}
	}
}

func TestPageCompression(t *testing.T) {
	export := builtPage()
	handler, _, err := newPage(export)
	if err != nil {
		t.Fatal(err)
	}
	answer := ask(handler, http.MethodGet, "/", http.Header{"Accept-Encoding": {"gzip"}})
	if got := unpacked(t, answer); got != string(export["index.html"].Data) {
		t.Errorf("the gzip form holds %q", got)
	}
}

func TestPageWithoutNotFound(t *testing.T) {
	export := builtPage()
	delete(export, "404.html")
	delete(export, "config.json")
	handler, built, err := newPage(export)
	if err != nil || !built {
		t.Fatalf("built %v, %v", built, err)
	}
	if got := ask(handler, http.MethodGet, "/unknown", nil).Code; got != 404 {
		t.Errorf("answered %d", got)
	}
}

func TestPageForAnotherServer(t *testing.T) {
	export := builtPage()
	export["config.json"].Data = []byte(`{"server":"https://chat.example:8443"}`)
	handler, _, err := newPage(export)
	if err != nil {
		t.Fatal(err)
	}
	const want = "; connect-src 'self' https://chat.example:8443 wss://chat.example:8443;"
	for _, target := range []string{"/", "/unknown"} {
		policy := ask(handler, http.MethodGet, target, nil).Header().Get("Content-Security-Policy")
		if !strings.Contains(policy, want) {
			t.Errorf("%s: %q", target, policy)
		}
	}

	export["config.json"].Data = []byte(`{"server":"chat.example"}`)
	if _, _, err := newPage(export); err == nil {
		t.Error("a malformed server is no error")
	}
}

func TestPageNotBuilt(t *testing.T) {
	handler, built, err := newPage(fstest.MapFS{".gitkeep": {}})
	if err != nil || built {
		t.Fatalf("built %v, %v", built, err)
	}
	answer := ask(handler, http.MethodGet, "/", nil)
	if answer.Code != 200 || answer.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("answered %d as %q", answer.Code, answer.Header().Get("Content-Type"))
	}
	for _, part := range []string{"not built", "go run github.com/go-task/task/v3/cmd/task@v3.35.1 build"} {
		if !strings.Contains(answer.Body.String(), part) {
			t.Errorf("says nothing of %q", part)
		}
	}
	policy := answer.Header().Get("Content-Security-Policy")
	if !strings.Contains(policy, "style-src 'self' 'sha256-") || strings.Contains(answer.Body.String(), "style=") {
		t.Errorf("its style is outside of its policy %q", policy)
	}
	if got := ask(handler, http.MethodGet, "/unknown", nil).Code; got != 404 {
		t.Errorf("unknown: %d", got)
	}
}

// TestEmbeddedPage holds that what this binary embeds, built or not, can be
// served.
func TestEmbeddedPage(t *testing.T) {
	handler, built, err := newPage(frontend.Dist())
	if err != nil {
		t.Fatal(err)
	}
	answer := ask(handler, http.MethodGet, "/", nil)
	if answer.Code != 200 || strings.Contains(answer.Body.String(), "not built") == built {
		t.Errorf("built %v, answered %d %.200q", built, answer.Code, answer.Body)
	}
	if strings.Contains(answer.Body.String(), " style=") {
		t.Error("a style attribute is outside of every policy")
	}
}
