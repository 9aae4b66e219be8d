package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// ErrRefused means that the server answered a handshake with something else
// than a session.
var ErrRefused = errors.New("refused")

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 1 << 20

// wire is a connection while its handshake is under way: blocking, and read
// through a buffer.
type wire struct {
	net.Conn
	in   *bufio.Reader
	done func() bool // lets go of the context
}

// open connects to t. Until release is called, the end of ctx interrupts what
// is being read and written.
func (t *target) open(ctx context.Context) (*wire, error) {
	conn, err := t.dial(ctx)
	if err != nil {
		return nil, err
	}
	deadline, ok := ctx.Deadline()
	if ok {
		_ = conn.SetDeadline(deadline) // fails only on a closed connection
	}
	return &wire{
		Conn: conn,
		in:   bufio.NewReaderSize(conn, 1024),
		done: context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }),
	}, nil
}

// release makes the wire outlive its context, and returns what was read too
// much.
func (w *wire) release() ([]byte, error) {
	if !w.done() {
		return nil, context.Canceled
	}
	if err := w.SetDeadline(time.Time{}); err != nil {
		return nil, err
	}
	early, _ := w.in.Peek(w.in.Buffered()) // all of it is there
	return bytes.Clone(early), nil
}

func (w *wire) Close() error {
	w.done()
	return w.Conn.Close()
}

// connectWebsocket opens a Socket.IO connection on a websocket alone.
func (t *target) connectWebsocket(ctx context.Context) (*wire, error) {
	w, err := t.open(ctx)
	if err != nil {
		return nil, err
	}
	if err := w.handshake(t); err != nil {
		_ = w.Close()
		return nil, err
	}
	return w, nil
}

func (w *wire) handshake(t *target) error {
	if err := w.switchProtocols(t, ""); err != nil {
		return err
	}
	opened, err := w.readText()
	if err != nil {
		return fmt.Errorf("waiting for the session: %w", err)
	}
	if len(opened) == 0 || opened[0] != '0' {
		return fmt.Errorf("%w: %.100q instead of a session", ErrRefused, opened)
	}
	if err := w.writeText("40"); err != nil {
		return err
	}
	answer, err := w.readText()
	if err != nil {
		return fmt.Errorf("waiting for the namespace: %w", err)
	}
	return checkConnect(answer)
}

// checkConnect checks the answer to a CONNECT packet.
func checkConnect(packet []byte) error {
	if !bytes.HasPrefix(packet, []byte("40")) {
		return fmt.Errorf("%w: %.100q instead of a connection to the namespace", ErrRefused, packet)
	}
	return nil
}

// switchProtocols makes the wire a websocket, of the session sid or of a new one.
func (w *wire) switchProtocols(t *target, sid string) error {
	query := "EIO=4&transport=websocket"
	if sid != "" {
		query += "&sid=" + sid
	}
	// The key need not be random: the answer's proof is of no use on this machine.
	request := "GET " + t.path + "?" + query + " HTTP/1.1\r\nHost: " + t.host +
		"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: bnVkZ2UtYmVuY2gtLWtleQ==\r\n\r\n"
	if _, err := io.WriteString(w.Conn, request); err != nil {
		return fmt.Errorf("asking for a websocket: %w", err)
	}
	status, body, err := w.readAnswer()
	if err != nil {
		return fmt.Errorf("asking for a websocket: %w", err)
	}
	if status != http.StatusSwitchingProtocols {
		return refusal(status, body)
	}
	return nil
}

// refusal words an answer of the server.
func refusal(status int, body []byte) error {
	text := strings.ToValidUTF8(strings.TrimSpace(string(body[:min(len(body), 100)])), "")
	return fmt.Errorf("%w: status %d %s", ErrRefused, status, text)
}

// readAnswer reads an HTTP response.
func (w *wire) readAnswer() (status int, body []byte, err error) {
	resp, err := http.ReadResponse(w.in, nil)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return resp.StatusCode, nil, nil
	}
	body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return resp.StatusCode, body, err
}

// readText reads websocket frames up to a text, and returns that.
func (w *wire) readText() ([]byte, error) {
	for {
		header, err := w.in.Peek(2)
		if err != nil {
			return nil, err
		}
		size := 2
		switch header[1] {
		case 126:
			size = 4
		case 127:
			return nil, fmt.Errorf("%w: too long for a handshake", errFrame)
		}
		if header, err = w.in.Peek(size); err != nil {
			return nil, err
		}
		length := size + int(header[1])
		if size == 4 {
			length = size + int(header[2])<<8 + int(header[3])
		}
		frame := make([]byte, length)
		if _, err := io.ReadFull(w.in, frame); err != nil {
			return nil, err
		}
		op, body, _, err := decodeFrame(frame)
		switch {
		case err != nil:
			return nil, err
		case op == opText:
			return body, nil
		case op == opClose:
			return nil, fmt.Errorf("%w: the server closed the websocket", ErrRefused)
		}
	}
}

func (w *wire) writeText(text string) error {
	_, err := w.Write(appendFrame(nil, opText, []byte(text)))
	return err
}
