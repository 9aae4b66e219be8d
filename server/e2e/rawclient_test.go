package e2e

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"nudge/server/internal/wstest"
)

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

// dialWebsocket connects, for the session sid if that is not "", and gives note
// the answer to the upgrade.
func dialWebsocket(t *testing.T, s *server, sid string, note func(string)) *wstest.Client {
	t.Helper()
	url := s.url + "/socket.io/?EIO=4&transport=websocket"
	if sid != "" {
		url += "&sid=" + sid
	}
	c, err := wstest.TryDial(t, url, http.Header{"Origin": {"http://localhost:3000"}})
	if err != nil {
		t.Fatalf("websocket: %v", err)
	}
	note(describe(&http.Response{StatusCode: http.StatusSwitchingProtocols, Header: c.Header}, ""))
	return c
}

// openWebsocket connects a websocket client to the main namespace.
func openWebsocket(t *testing.T, s *server) *wstest.Client {
	t.Helper()
	c := dialWebsocket(t, s, "", func(string) {})
	c.ExpectPrefix("0{")
	c.Send("40")
	c.ExpectPrefix("40{")
	return c
}
