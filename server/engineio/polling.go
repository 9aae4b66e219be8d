package engineio

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/zishang520/engine.io/v2/transports"
)

// compressFrom is the size in bytes from which a polling response is
// compressed, Node's default.
const compressFrom = 1024

// poll is a request that waits for packets.
type poll struct {
	payload chan []byte // gets exactly one
}

func (p *poll) answer(payload []byte) { p.payload <- payload }

// startPolling starts a session on polling, and tells whether it could.
func (s *Server) startPolling(w http.ResponseWriter, r *http.Request, session *Socket) bool {
	if !s.remember(session) {
		errUnavailable.write(w, false)
		return false
	}
	s.announce(session)
	s.setCookie(w.Header(), session.id)
	writePayload(w, r, session.payload(s.openFrame(session.id, transports.WEBSOCKET)))
	return true
}

// servePoll answers a GET: with what is queued, or what comes next.
func (s *Socket) servePoll(w http.ResponseWriter, r *http.Request) {
	p := &poll{payload: make(chan []byte, 1)}
	if !s.startPoll(p) {
		s.endPolling(ReasonTransportError, fmt.Errorf("%w: a poll while another one waits", ErrProtocol))
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	select {
	case payload := <-p.payload:
		s.writeInTime(w, func() { writePayload(w, r, payload) })
	case <-r.Context().Done():
		if s.stopPoll(p) {
			s.end(ReasonTransportError, fmt.Errorf("%w: poll", ErrAborted))
		}
	}
}

// writeInTime ends the connection of a client that does not take an answer. The
// deadline is the connection's, so it must not outlast the answer: later ones
// may come on the same connection.
func (s *Socket) writeInTime(w http.ResponseWriter, write func()) {
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(s.srv.cfg.WriteTimeout)) // where it is not supported,
	write()
	_ = control.Flush() // nothing is lost but the bound
	_ = control.SetWriteDeadline(time.Time{})
}

// readBody reads the body of a POST, within the limits of size and time.
func (s *Socket) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(s.srv.cfg.BodyTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(s.srv.cfg.MaxPayload)))
	if err == nil {
		_ = control.SetReadDeadline(time.Time{}) // else it bounds the rest of the body, which net/http reads
	}
	return body, err
}

// startPoll lets p wait, and answers it at once where something is queued.
func (s *Socket) startPoll(p *poll) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.poll != nil:
		return false
	case s.state == stateClosed || s.ws != nil:
		// It ended, or was upgraded, since the request was verified.
		p.answer(s.payload(frameNoop))
		return true
	}
	s.poll = p
	s.flushLocked()
	return true
}

// stopPoll takes back a poll that has not been answered.
func (s *Socket) stopPoll(p *poll) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.poll != p {
		return false
	}
	s.poll = nil
	return true
}

// servePost takes the packets of a POST.
func (s *Socket) servePost(w http.ResponseWriter, r *http.Request) {
	if !s.startPost() {
		s.endPolling(ReasonTransportError, fmt.Errorf("%w: a post while another one runs", ErrProtocol))
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	defer s.endPost()
	binary := strings.HasPrefix(r.Header.Get("Content-Type"), "application/octet-stream")
	if binary && s.revision == revision4 {
		s.endPolling(ReasonTransportError, fmt.Errorf("%w: binary body", ErrProtocol))
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	body, err := s.readBody(w, r)
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil {
		s.endPolling(ReasonTransportError, fmt.Errorf("%w: post: %w", ErrAborted, err))
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if err := s.receiveBody(body, binary, r.Context().Done()); err != nil {
		reason := ReasonParseError
		if errors.Is(err, ErrAborted) {
			reason = ReasonTransportError
		}
		s.endPolling(reason, err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, "ok")
}

func (s *Socket) startPost() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.posting {
		return false
	}
	s.posting = true
	return true
}

func (s *Socket) endPost() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.posting = false
}

// receiveBody takes a POST's body in the form of the session's revision.
func (s *Socket) receiveBody(body []byte, binary bool, gone <-chan struct{}) error {
	if s.revision != revision4 {
		return s.receivePayload3(body, binary, gone)
	}
	return s.receivePayload(body, gone)
}

// payload is the answer to a poll that brings the packets in frames.
func (s *Socket) payload(frames ...[]byte) []byte {
	if s.revision != revision4 {
		return payload3Of(frames...)
	}
	return payloadOf(frames...)
}

// receivePayload hands on the packets of a payload, up to the first that is
// none, and not faster than they are taken. A client that does not wait for that,
// and closes gone, must not get around it.
func (s *Socket) receivePayload(payload []byte, gone <-chan struct{}) error {
	s.charge(0, len(payload))
	for packet := range bytes.SplitSeq(payload, []byte{separator}) {
		// A body in another encoding than UTF-8 is read as Node reads it.
		if err := s.receiveText(bytes.ToValidUTF8(packet, []byte("\ufffd"))); err != nil {
			return err
		}
		s.charge(1, 0)
		if !s.gate.wait(gone) {
			return fmt.Errorf("%w: post", ErrAborted)
		}
	}
	return nil
}

var gzipWriters = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// writePayload answers a GET with a payload.
func writePayload(w http.ResponseWriter, r *http.Request, payload []byte) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=UTF-8")
	if isBinaryPayload(payload) {
		h.Set("Content-Type", "application/octet-stream")
	}
	h.Set("Cache-Control", "no-store")
	if len(payload) >= compressFrom && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		var out bytes.Buffer
		z := gzipWriters.Get().(*gzip.Writer)
		z.Reset(&out)
		_, _ = z.Write(payload) // into memory: neither can fail
		_ = z.Close()
		gzipWriters.Put(z)
		h.Set("Content-Encoding", "gzip")
		payload = out.Bytes()
	}
	h.Set("Content-Length", strconv.Itoa(len(payload)))
	_, _ = w.Write(payload)
}
