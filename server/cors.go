package server

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
)

// errOrigin is the answer to a page that may not connect.
var errOrigin = errors.New("origin not allowed")

// cors lets pages of other origins connect.
type cors struct {
	any     bool
	origins []string
}

func newCORS(origins []string) *cors {
	return &cors{any: slices.Contains(origins, "*"), origins: origins}
}

// wrap sets the headers on every response of next, and answers preflights, to
// the letter as the Node server's cors does.
func (c *cors) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		if c.any {
			h.Set("Access-Control-Allow-Origin", "*")
		} else {
			h.Add("Vary", "Origin")
			if origin := r.Header.Get("Origin"); slices.Contains(c.origins, origin) {
				h.Set("Access-Control-Allow-Origin", origin)
			}
		}
		if r.Method == http.MethodOptions {
			h.Set("Access-Control-Allow-Methods", "GET,HEAD,PUT,PATCH,POST,DELETE")
			h.Set("Access-Control-Allow-Headers", "*")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// allowRequest refuses handshakes of pages that are neither allowed nor this
// server's own. Browsers enforce CORS on polling only: a websocket would get
// through.
func (c *cors) allowRequest(r *http.Request) error {
	origin := r.Header.Get("Origin")
	if c.any || origin == "" || slices.Contains(c.origins, origin) {
		return nil
	}
	if u, err := url.Parse(origin); err == nil && u.Host == r.Host {
		return nil
	}
	return errOrigin
}
