package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealthcheck(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"status":"ok"}`)) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(`{"status":"unavailable","reason":"Redis cannot be reached"}`))
	})
	mux.HandleFunc("GET /moved/", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/healthz", http.StatusFound) })
	mux.HandleFunc("GET /odd/", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte("<p>\r\nout of order\n" + strings.Repeat("x", 100<<10)))
	})
	mux.HandleFunc("GET /slow/", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	srv := httptest.NewServer(mux)
	defer srv.Close()
	_, port, err := net.SplitHostPort(srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	free := httptest.NewServer(http.NotFoundHandler())
	dead := free.URL
	free.Close()

	tests := []struct {
		name    string
		environ []string
		file    string
		args    []string
		code    int
		line    string
	}{
		{"port by flag", nil, "", []string{"--port", port}, exitOK, srv.URL + "/healthz answered 200"},
		{"port by environment", []string{"PORT=" + port}, "", nil, exitOK, srv.URL + "/healthz answered 200"},
		{"port by file", nil, "PORT=" + port, nil, exitOK, srv.URL + "/healthz answered 200"},
		{"every interface", []string{"NUDGE_HOST=::", "PORT=" + port}, "", nil, exitOK, srv.URL + "/healthz answered 200"},
		{"one interface", []string{"NUDGE_HOST=localhost", "PORT=" + port}, "", nil, exitOK, "http://localhost:" + port + "/healthz answered 200"},
		{"a proxy is not asked", []string{"PORT=" + port, "HTTP_PROXY=" + dead, "http_proxy=" + dead}, "", nil, exitOK, "answered 200"},
		{"base URL", []string{"PORT=1"}, "", []string{"--url", srv.URL + "/"}, exitOK, srv.URL + "/healthz answered 200"},
		{"not ready", nil, "", []string{"--port", port, "--ready"}, exitFailure, "/readyz answered 503: Redis cannot be reached"},
		{"redirect", nil, "", []string{"--url", srv.URL + "/moved"}, exitFailure, "/moved/healthz answered 302"},
		{"long answer", nil, "", []string{"--url", srv.URL + "/odd"}, exitFailure, "answered 500: <p> out of order xxx"},
		{"not found", nil, "", []string{"--url", srv.URL + "/x"}, exitFailure, "/x/healthz answered 404: 404 page not found"},
		{"slow", nil, "", []string{"--url", srv.URL + "/slow", "--timeout", "50ms"}, exitFailure, "timed out"},
		{"dead", nil, "", []string{"--url", dead}, exitFailure, "connection refused"},
		{"password", nil, "", []string{"--url", strings.Replace(dead, "//", "//u:hunter2@", 1)}, exitFailure, "http://xxxxx@127.0.0.1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := runHere(t, tt.environ, tt.file, append([]string{"healthcheck"}, tt.args...)...)
			line := r.stdout + r.stderr // one of which must be empty
			if r.code != tt.code || (r.stderr == "") != (tt.code == exitOK) || strings.Count(line, "\n") != 1 || !strings.Contains(line, tt.line) {
				t.Errorf("code %d, stdout %q, stderr %q; want code %d and one line with %q", r.code, r.stdout, r.stderr, tt.code, tt.line)
			}
			if strings.Contains(line, "hunter2") || len(line) > 400 {
				t.Errorf("%d bytes: %q", len(line), line)
			}
		})
	}
}
