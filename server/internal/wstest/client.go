// Package wstest is what the tests of several packages share: a websocket client
// that sees what is sent as it is, and a buffer to log to.
package wstest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// Patience bounds each wait for the server: one read, one write, one handshake.
const Patience = 20 * time.Second

// Client is a websocket client that says what it is told to, and nothing of its
// own but the answers to pings of the websocket protocol. Its methods fail the
// test where something goes wrong, unless they return an error.
type Client struct {
	T      testing.TB  // a subtest may take the client over
	Conn   net.Conn    // closed with the test that dialled
	Reader io.Reader   // of Conn, after what came with the handshake's answer
	Header http.Header // of the answer to the handshake
}

// New is a client on a connection whose handshake is over. What r has buffered
// comes first, where r is not nil.
func New(t testing.TB, conn net.Conn, r *bufio.Reader) *Client {
	c := &Client{T: t, Conn: conn, Reader: conn}
	if r != nil {
		c.Reader = io.MultiReader(io.LimitReader(r, int64(r.Buffered())), conn)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return c
}

// Dial connects to url, of the scheme ws or http.
func Dial(t testing.TB, url string) *Client {
	t.Helper()
	c, err := TryDial(t, url, nil)
	if err != nil {
		t.Fatalf("websocket: %v", err)
	}
	return c
}

// TryDial is Dial with headers. The error is a ws.StatusError where the server
// refuses the handshake; the client has its Header even then.
func TryDial(t testing.TB, url string, headers http.Header) (*Client, error) {
	answer := http.Header{}
	dialer := ws.Dialer{
		Timeout: Patience,
		Header:  ws.HandshakeHeaderHTTP(headers),
		OnHeader: func(key, value []byte) error {
			answer.Add(string(key), string(value))
			return nil
		},
	}
	if rest, ok := strings.CutPrefix(url, "http"); ok {
		url = "ws" + rest
	}
	conn, early, _, err := dialer.Dial(context.WithoutCancel(t.Context()), url)
	if err != nil {
		return &Client{T: t, Header: answer}, err
	}
	c := New(t, conn, early)
	c.Header = answer
	return c, nil
}

// Send sends a packet as text.
func (c *Client) Send(packet string) {
	c.T.Helper()
	if err := c.TrySend(packet); err != nil {
		c.T.Fatalf("websocket: sending %.60q: %v", packet, err)
	}
}

// TrySend is Send, with its error.
func (c *Client) TrySend(packet string) error {
	return c.TryWrite(ws.NewTextFrame([]byte(packet)))
}

// Write sends a frame, masked.
func (c *Client) Write(frame ws.Frame) {
	c.T.Helper()
	if err := c.TryWrite(frame); err != nil {
		c.T.Fatalf("websocket: sending a frame: %v", err)
	}
}

// TryWrite is Write, with its error.
func (c *Client) TryWrite(frame ws.Frame) error {
	_ = c.Conn.SetWriteDeadline(time.Now().Add(Patience))
	return ws.WriteFrame(c.Conn, ws.MaskFrame(frame))
}

// Frame is the next frame, of whatever kind.
func (c *Client) Frame() ws.Frame {
	c.T.Helper()
	f, err := c.TryFrame()
	if err != nil {
		c.T.Fatalf("websocket: waiting for a frame: %v", err)
	}
	return f
}

// TryFrame is Frame, with its error.
func (c *Client) TryFrame() (ws.Frame, error) {
	_ = c.Conn.SetReadDeadline(time.Now().Add(Patience))
	return ws.ReadFrame(c.Reader) //nolint:staticcheck // whole frames of a server that a test trusts
}

// Text is the next frame's text; another kind of frame is an error.
func (c *Client) Text() string {
	c.T.Helper()
	f := c.Frame()
	if f.Header.OpCode != ws.OpText {
		c.T.Fatalf("websocket: got a frame of type %d: %q", f.Header.OpCode, f.Payload)
	}
	return string(f.Payload)
}

// Next is the next message, text or binary; the error is a wsutil.ClosedError
// where a close frame comes instead.
func (c *Client) Next() (string, error) {
	for {
		f, err := c.TryFrame()
		if err != nil {
			return "", err
		}
		switch f.Header.OpCode {
		case ws.OpClose:
			if len(f.Payload) < 2 {
				return "", wsutil.ClosedError{Code: ws.StatusNoStatusRcvd}
			}
			code, reason := ws.ParseCloseFrameData(f.Payload)
			return "", wsutil.ClosedError{Code: code, Reason: reason}
		case ws.OpPing:
			if err := c.TryWrite(ws.NewPongFrame(f.Payload)); err != nil {
				return "", fmt.Errorf("answering a ping: %w", err)
			}
		case ws.OpPong:
		default:
			return string(f.Payload), nil
		}
	}
}

// Read is Next where a message must come.
func (c *Client) Read() string {
	c.T.Helper()
	message, err := c.Next()
	if err != nil {
		c.T.Fatalf("websocket: waiting for a message: %v", err)
	}
	return message
}

// Expect reads as many messages as are given, which must be the same.
func (c *Client) Expect(messages ...string) {
	c.T.Helper()
	for _, message := range messages {
		if got := c.Read(); got != message {
			c.T.Fatalf("websocket: got %.300q, want %.300q", got, message)
		}
	}
}

// ExpectPrefix reads one message and returns what follows its prefix.
func (c *Client) ExpectPrefix(prefix string) string {
	c.T.Helper()
	got := c.Read()
	rest, ok := strings.CutPrefix(got, prefix)
	if !ok {
		c.T.Fatalf("websocket: got %.300q, want %q…", got, prefix)
	}
	return rest
}

// Closed reads up to a close frame and returns its code, 0 where it has none.
func (c *Client) Closed() ws.StatusCode {
	c.T.Helper()
	for {
		f := c.Frame()
		if f.Header.OpCode != ws.OpClose {
			continue
		}
		if f.Header.Length < 2 {
			return 0
		}
		code, _ := ws.ParseCloseFrameData(f.Payload)
		return code
	}
}
