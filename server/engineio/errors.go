package engineio

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Reasons a session ends with, as Node's server gives them to "disconnect"
// handlers (https://socket.io/docs/v4/server-socket-instance/#disconnect).
const (
	ReasonTransportClose = "transport close" // the client, or its connection, went away
	ReasonTransportError = "transport error" // the client broke the protocol, or could not be written to
	ReasonParseError     = "parse error"     // the client sent a packet that is none
	ReasonPingTimeout    = "ping timeout"    // no answer to a ping in time
	ReasonForcedClose    = "forced close"    // this server closed it
)

// Errors a session is closed with, the second argument of its "close" event.
var (
	// ErrProtocol wraps every way in which a client can break the protocol.
	ErrProtocol = errors.New("protocol violation")
	// ErrSlowConsumer closes a client whose outbox is over Config.MaxOutbox, or
	// who took nothing for Config.WriteTimeout.
	ErrSlowConsumer = errors.New("client reads too slowly")
	// ErrAborted closes a client that gave up a request the session needs.
	ErrAborted = errors.New("request aborted by the client")
)

// errPacket is an ErrProtocol of the Engine.IO layer: an intact message that is
// no packet.
var errPacket = fmt.Errorf("%w: invalid packet", ErrProtocol)

// requestError is an answer to a request that is not part of a session, in the
// form of the reference implementation (engine.io/lib/server.ts).
type requestError struct {
	status     int
	retryAfter time.Duration // 0 where trying again is of no use, or is left to the client
	Code       int           `json:"code"`
	Message    string        `json:"message"`
}

var (
	errUnknownTransport = &requestError{http.StatusBadRequest, 0, 0, "Transport unknown"}
	errUnknownSession   = &requestError{http.StatusBadRequest, 0, 1, "Session ID unknown"}
	errBadMethod        = &requestError{http.StatusBadRequest, 0, 2, "Bad handshake method"}
	errBadRequest       = &requestError{http.StatusBadRequest, 0, 3, "Bad request"}
	errUnsupported      = &requestError{http.StatusBadRequest, 0, 5, "Unsupported protocol version"}
	errUnavailable      = &requestError{http.StatusServiceUnavailable, 0, 3, "Server is shutting down"}
)

func errForbidden(message string) *requestError {
	return &requestError{http.StatusForbidden, 0, 4, message}
}

// write answers a plain request with JSON, and one that asked for a websocket
// with the bare text on a connection that ends. Node has one status for all
// mistakes of the latter.
func (e *requestError) write(w http.ResponseWriter, websocket bool) {
	status, body, contentType := e.status, []byte(e.Message), "text/html"
	if websocket {
		if status < http.StatusTooManyRequests {
			status = http.StatusBadRequest
		}
		w.Header().Set("Connection", "close")
	} else {
		contentType = "application/json"
		body, _ = json.Marshal(e) // an int and a string always encode
	}
	if e.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(wholeSeconds(e.retryAfter)))
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
