package engineio

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/gobwas/ws"
	"github.com/zishang520/engine.io/v2/transports"
)

// ServeHTTP handles every Engine.IO request: handshakes, polls, posts and
// websockets. Checks come in the order of the reference implementation, so that
// each mistake gets its answer.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	websocket := strings.EqualFold(r.Header.Get("Upgrade"), transports.WEBSOCKET)
	session, refusal := s.verify(r, websocket)
	if refusal != nil {
		refusal.write(w, websocket)
		return
	}
	switch {
	case websocket && session != nil:
		s.serveProbe(w, r, session)
	case session == nil:
		s.serveHandshake(w, r, websocket)
	case r.Method == http.MethodGet:
		session.servePoll(w, r)
	case r.Method == http.MethodPost:
		session.servePost(w, r)
	default:
		w.WriteHeader(http.StatusInternalServerError) // as Node answers it
	}
}

// verify finds the request's session, nil for a handshake, or says why not.
func (s *Server) verify(r *http.Request, websocket bool) (*Socket, *requestError) {
	query := r.URL.Query()
	transport := query.Get("transport")
	if transport != transports.POLLING && transport != transports.WEBSOCKET {
		return nil, errUnknownTransport
	}
	if id := query.Get("sid"); id != "" {
		session := s.session(id)
		if session == nil {
			return nil, errUnknownSession
		}
		if !websocket && session.Transport().Name() != transport {
			return nil, errBadRequest
		}
		return session, nil
	}
	switch {
	case r.Method != http.MethodGet:
		return nil, errBadMethod
	case websocket != (transport == transports.WEBSOCKET):
		return nil, errBadRequest
	}
	if refusal := s.admission.attempt(r); refusal != nil {
		return nil, refusal
	}
	if allow := s.cfg.AllowRequest; allow != nil {
		if err := allow(r); err != nil {
			return nil, errForbidden(err.Error())
		}
	}
	switch revision := query.Get("EIO"); {
	case revision == "4":
		return nil, nil
	case revision != "3" || !s.cfg.AllowEIO3:
		return nil, errUnsupported
	case query.Has("j"): // JSONP
		return nil, errUnknownTransport
	}
	return nil, nil
}

// serveHandshake starts a session, where there is a place for it.
func (s *Server) serveHandshake(w http.ResponseWriter, r *http.Request, websocket bool) {
	leave, refusal := s.admission.enter(r)
	if refusal != nil {
		refusal.write(w, websocket)
		return
	}
	session := newSocket(s, newID(), r)
	session.leave = leave
	start := s.startPolling
	if websocket {
		start = s.startWebsocket
	}
	if !start(w, r, session) {
		leave()
	}
}

// handshake is the payload of a session's first packet.
type handshake struct {
	SID          string   `json:"sid"`
	Upgrades     []string `json:"upgrades"`
	PingInterval int64    `json:"pingInterval"` // milliseconds, as the timeout
	PingTimeout  int64    `json:"pingTimeout"`
	MaxPayload   int      `json:"maxPayload"` // bytes
}

// openFrame is the first packet of a session.
func (s *Server) openFrame(id string, upgrades ...string) []byte {
	if upgrades == nil {
		upgrades = []string{}
	}
	payload, _ := json.Marshal(handshake{ // strings and integers always encode
		SID: id, Upgrades: upgrades,
		PingInterval: s.cfg.PingInterval.Milliseconds(),
		PingTimeout:  s.cfg.PingTimeout.Milliseconds(),
		MaxPayload:   s.cfg.MaxPayload,
	})
	return newFrame(ws.OpText, "0", payload)
}

// announce starts a session's heartbeat and tells socket.io of it. Nothing that
// comes from the client, nor its end, is handed on until it returns.
func (s *Server) announce(session *Socket) {
	defer session.in.Unlock()
	session.startHeartbeat()
	s.Emit("connection", session)
}
