package engineio

import (
	"cmp"
	"log/slog"
	"net/http"
)

// sessionCookie is cookie with Node's attributes where it has none of its own
// (engine.io/lib/server.ts), or nil where no browser would take it.
func sessionCookie(cookie *http.Cookie, log *slog.Logger) *http.Cookie {
	if cookie == nil {
		return nil
	}
	c := *cookie
	c.Name = cmp.Or(c.Name, "io")
	c.Path = cmp.Or(c.Path, "/")
	c.SameSite = cmp.Or(c.SameSite, http.SameSiteLaxMode)
	c.HttpOnly = true
	c.Value = "sid"
	if err := c.Valid(); err != nil {
		log.Error("no cookie is set: it is invalid", "name", c.Name, "error", err)
		return nil
	}
	return &c
}

// setCookie adds the cookie of session id to the headers of a handshake's answer.
func (s *Server) setCookie(h http.Header, id string) {
	if s.cfg.Cookie == nil {
		return
	}
	c := *s.cfg.Cookie
	c.Value = id
	h.Add("Set-Cookie", c.String())
}
