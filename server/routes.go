package server

import "net/http"

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
	mux.Handle(socketPath, newCORS(s.cfg.CORSOrigins).wrap(sockets))
	mux.HandleFunc("/healthz", s.serveHealth)
	mux.HandleFunc("/readyz", s.serveReadiness)
	mux.Handle("/", page)
	return mux, nil
}
