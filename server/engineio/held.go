package engineio

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
)

// heldResponse holds back what the answer to a websocket handshake is, so that
// it can leave in one write with what follows: a write, and the client's waking,
// cost more than the rest of it.
type heldResponse struct {
	http.ResponseWriter
	response bytes.Buffer
}

// Hijack has the response written to response.
func (h *heldResponse) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err == nil {
		buffered.Writer.Reset(&h.response)
	}
	return conn, buffered, err
}
