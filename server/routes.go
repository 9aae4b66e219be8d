package server

import (
	"net/http"
	"time"
)

// socketPath is where Socket.IO clients look by default.
const socketPath = "/socket.io/"

// routes are all that is served.
func (s *Server) routes() (http.Handler, error) {
	page, built, err := newPage(s.cfg.Page)
	if err != nil {
		return nil, err
	}
	s.page = built
	bundle, err := newClientBundle(s.cfg.Page)
	if err != nil {
		return nil, err
	}
	sockets := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isClientBundle(r.URL.Path) {
			bundle.ServeHTTP(w, r)
			return
		}
		s.engine.ServeHTTP(w, r)
	})
	mux := http.NewServeMux()
	mux.Handle(socketPath, s.cors.wrap(sockets))
	mux.HandleFunc("/healthz", s.serveHealth)
	mux.HandleFunc("/readyz", s.serveReadiness)
	mux.Handle("/", page)
	return boundBodies(mux, s.cfg.Limits.BodyTimeout), nil
}

// boundBodies keeps a body that does not arrive within timeout from holding its
// connection: also where nobody reads it, net/http does before it answers.
func boundBodies(next http.Handler, timeout time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(timeout)) // net/http resets it
		}
		next.ServeHTTP(w, r)
	})
}
