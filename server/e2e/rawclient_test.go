package e2e

import (
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// rawWithin bounds one step of a client without a library.
const rawWithin = 20 * time.Second

// pollingClient speaks Engine.IO over polling, whatever it is told to say.
type pollingClient struct {
	t   *testing.T
	url string
	sid string
}

func (c *pollingClient) post(body string) string {
	c.t.Helper()
	return request(c.t, http.MethodPost, c.url, body)
}

func (c *pollingClient) poll() string {
	c.t.Helper()
	return request(c.t, http.MethodGet, c.url, "")
}

// request makes a request as a page of another origin does, and returns the
// answer as one line: status, the headers that the contract speaks of, body.
func request(t *testing.T, method, url, body string) string {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "http://localhost:3000")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "text/plain;charset=UTF-8")
	}
	if method == http.MethodOptions {
		req.Header.Set("Access-Control-Request-Method", http.MethodPost)
		req.Header.Set("Access-Control-Request-Headers", "x-custom")
	}
	res, err := httpClient.Do(req)
	if err != nil {
		t.Error(err)
		return err.Error()
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	return describe(res, string(text))
}

func describe(res *http.Response, body string) string {
	parts := []string{strconv.Itoa(res.StatusCode)}
	for _, name := range []string{"Content-Type", "Cache-Control"} {
		if v := res.Header.Get(name); v != "" {
			parts = append(parts, v)
		}
	}
	// Those with no value in the contract are named, should they be there.
	for _, name := range []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Vary", "Set-Cookie"} {
		if v := res.Header.Get(name); v != "" {
			parts = append(parts, name+": "+v)
		}
	}
	for _, name := range []string{"Access-Control-Allow-Methods", "Access-Control-Allow-Headers"} {
		if v := res.Header.Get(name); v != "" {
			parts = append(parts, v)
		}
	}
	if body != "" {
		parts = append(parts, body)
	}
	return strings.Join(parts, " ")
}

// websocketClient speaks Engine.IO over a websocket, whatever it is told to say.
type websocketClient struct {
	t    *testing.T
	conn net.Conn
	rw   io.ReadWriter
}

// dialWebsocket connects, for the session sid if that is not "", and gives note
// the answer to the upgrade.
func dialWebsocket(t *testing.T, s *server, sid string, note func(string)) *websocketClient {
	t.Helper()
	answer := &http.Response{StatusCode: http.StatusSwitchingProtocols, Header: make(http.Header)}
	dialer := ws.Dialer{
		Timeout: rawWithin,
		Header:  ws.HandshakeHeaderHTTP{"Origin": {"http://localhost:3000"}},
		OnHeader: func(key, value []byte) error {
			answer.Header.Add(string(key), string(value))
			return nil
		},
	}
	url := "ws" + strings.TrimPrefix(s.url, "http") + "/socket.io/?EIO=4&transport=websocket"
	if sid != "" {
		url += "&sid=" + sid
	}
	ctx, cancel := context.WithTimeout(t.Context(), rawWithin)
	defer cancel()
	conn, buffered, _, err := dialer.Dial(ctx, url)
	if err != nil {
		t.Fatalf("websocket: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	note(describe(answer, ""))
	c := &websocketClient{t: t, conn: conn, rw: conn}
	if buffered != nil {
		c.rw = struct {
			io.Reader
			io.Writer
		}{buffered, conn}
	}
	return c
}

// openWebsocket connects a websocket client to the main namespace.
func openWebsocket(t *testing.T, s *server) *websocketClient {
	t.Helper()
	c := dialWebsocket(t, s, "", func(string) {})
	if open := c.read(); !strings.HasPrefix(open, "0{") {
		t.Fatalf("greeted with %q", open)
	}
	c.write("40")
	if connect := c.read(); !strings.HasPrefix(connect, "40{") {
		t.Fatalf("connected with %q", connect)
	}
	return c
}

func (c *websocketClient) write(packet string) {
	c.t.Helper()
	_ = c.conn.SetDeadline(time.Now().Add(rawWithin))
	if err := wsutil.WriteClientText(c.conn, []byte(packet)); err != nil {
		c.t.Fatalf("websocket: write: %v", err)
	}
}

// read returns the next packet.
func (c *websocketClient) read() string {
	c.t.Helper()
	packet, err := c.next()
	if err != nil {
		c.t.Fatalf("websocket: read: %v", err)
	}
	return packet
}

// next returns the next packet, or how the connection ended.
func (c *websocketClient) next() (string, error) {
	_ = c.conn.SetDeadline(time.Now().Add(rawWithin))
	packet, _, err := wsutil.ReadServerData(c.rw)
	return string(packet), err
}
