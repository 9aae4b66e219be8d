package server

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"
)

// corsOf tells the CORS headers of an answer.
func corsOf(h http.Header) string {
	var found []string
	for name := range h {
		if strings.HasPrefix(name, "Access-Control-") || name == "Vary" {
			for _, value := range h[name] {
				found = append(found, strings.TrimPrefix(name, "Access-Control-")+"="+value)
			}
		}
	}
	slices.Sort(found)
	return strings.Join(found, " ")
}

// TestCORSOnEveryAnswer goes through all there is under /socket.io/: a page that
// cannot read an answer cannot even tell what was wrong.
func TestCORSOnEveryAnswer(t *testing.T) {
	const page = "http://localhost:3000"
	for _, test := range []struct {
		name, origin string
		origins      []string
		want         string
	}{
		{"any origin", page, nil, "Allow-Origin=*"},
		{"any origin, none given", "", nil, "Allow-Origin=*"},
		{"any among others", page, []string{"https://a.example", "*"}, "Allow-Origin=*"},
		{"one of a list", page, []string{"https://a.example", page}, "Allow-Origin=" + page + " Vary=Origin"},
		{"none of a list", page, []string{"https://a.example"}, "Vary=Origin"},
		{"no origin, a list", "", []string{"https://a.example"}, "Vary=Origin"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, Config{CORSOrigins: test.origins})
			var origin []string
			if test.origin != "" {
				origin = []string{"Origin", test.origin}
			}
			refused := test.name == "none of a list"
			handshake := 200
			if refused {
				handshake = 403
			}
			for _, r := range []struct {
				method, target string
				status         int
			}{
				{http.MethodGet, pollingPath, handshake},
				{http.MethodGet, pollingPath + "&sid=unknown", 400},
				{http.MethodPost, pollingPath + "&sid=unknown", 400},
				{http.MethodPost, pollingPath, 400},
				{http.MethodDelete, pollingPath, 400},
				{http.MethodGet, "/socket.io/", 400},
				{http.MethodGet, "/socket.io/?EIO=4&transport=pigeon", 400},
				{http.MethodGet, "/socket.io/unknown", 400},
				{http.MethodGet, websocketPath, 400},
			} {
				got := s.request(r.method, r.target, "", origin...)
				if got.status != r.status || corsOf(got.header) != test.want {
					t.Errorf("%s %s: %d %q, want %d %q", r.method, r.target, got.status, corsOf(got.header), r.status, test.want)
				}
			}
			for _, target := range []string{"/socket.io/socket.io.js", "/socket.io/socket.io.min.js.map"} {
				got := s.request(http.MethodGet, target, "", origin...)
				found := slices.DeleteFunc(strings.Fields(corsOf(got.header)), isVaryEncoding)
				if strings.Join(found, " ") != test.want {
					t.Errorf("%s: %d %q, want %q", target, got.status, corsOf(got.header), test.want)
				}
			}
			preflight := strings.TrimSpace("Allow-Headers=* Allow-Methods=GET,HEAD,PUT,PATCH,POST,DELETE " + test.want)
			for _, target := range []string{pollingPath, "/socket.io/", "/socket.io/socket.io.js"} {
				got := s.request(http.MethodOptions, target, "", append(origin, "Access-Control-Request-Method", "POST")...)
				fields := strings.Fields(preflight)
				slices.Sort(fields)
				if got.status != 204 || corsOf(got.header) != strings.Join(fields, " ") || got.body != "" {
					t.Errorf("OPTIONS %s: %d %q %q, want 204 %q", target, got.status, corsOf(got.header), got.body, preflight)
				}
			}
			if refused {
				upgrade := append(origin, "Connection", "Upgrade", "Upgrade", "websocket",
					"Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "MDEyMzQ1Njc4OWFiY2RlZg==")
				got := s.request(http.MethodGet, websocketPath, "", upgrade...)
				if got.status != 400 || corsOf(got.header) != test.want || got.body != "origin not allowed" {
					t.Errorf("websocket: %d %q %q, want 400 %q", got.status, corsOf(got.header), got.body, test.want)
				}
			} else if c, err := s.dial(test.origin); err != nil || corsOf(c.Header) != test.want {
				t.Errorf("websocket: %v, %q, want %q", err, corsOf(c.Header), test.want)
			}
			// No other route is for other origins.
			for _, target := range []string{"/", "/healthz", "/readyz", "/unknown"} {
				got := s.request(http.MethodGet, target, "", origin...)
				if strings.Contains(corsOf(got.header), "Allow-") {
					t.Errorf("%s: %q", target, corsOf(got.header))
				}
			}
		})
	}
}

// isVaryEncoding is what an answer has that comes compressed or not.
func isVaryEncoding(header string) bool { return header == "Vary=Accept-Encoding" }

// TestPreflightBytes has no client in between: this is what a browser gets.
func TestPreflightBytes(t *testing.T) {
	s := start(t, Config{})
	conn, err := net.DialTimeout("tcp", s.host, patience)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(patience))
	_, err = fmt.Fprintf(conn, "OPTIONS %s HTTP/1.1\r\nHost: %s\r\nOrigin: http://localhost:3000\r\n"+
		"Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: x-custom\r\nConnection: close\r\n\r\n", pollingPath, s.host)
	if err != nil {
		t.Fatal(err)
	}
	r := textproto.NewReader(bufio.NewReader(conn))
	if line, err := r.ReadLine(); err != nil || line != "HTTP/1.1 204 No Content" {
		t.Fatalf("%q, %v", line, err)
	}
	h, err := r.ReadMIMEHeader()
	if err != nil {
		t.Fatal(err)
	}
	h.Del("Date")
	var lines []string
	for name, values := range h {
		lines = append(lines, name+": "+strings.Join(values, "|"))
	}
	slices.Sort(lines)
	want := []string{
		"Access-Control-Allow-Headers: *",
		"Access-Control-Allow-Methods: GET,HEAD,PUT,PATCH,POST,DELETE",
		"Access-Control-Allow-Origin: *",
		"Connection: close",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("the headers are %q, want %q", lines, want)
	}
	if rest, err := io.ReadAll(r.R); err != nil || len(rest) != 0 {
		t.Errorf("and then %q, %v", rest, err)
	}
}

// TestOrigins holds that a page that may not connect cannot, by neither
// transport; that one of this server's own always can; and programs, which name
// no origin.
func TestOrigins(t *testing.T) {
	s := start(t, Config{CORSOrigins: []string{"https://a.example", "http://b.example:8080"}})
	port := s.host[strings.LastIndex(s.host, ":"):]
	for origin, want := range map[string]int{
		"":                            200,
		"https://a.example":           200,
		"http://b.example:8080":       200,
		"http://" + s.host:            200,
		"https://" + s.host:           200, // behind a proxy that ends TLS
		"http://a.example":            403,
		"https://a.example:8443":      403,
		"https://a.example.evil.test": 403,
		"https://A.example":           403, // browsers write it in small letters
		"http://b.example":            403,
		"http://localhost" + port:     403,
		"http://evil.test#" + s.host:  403,
		"http://evil.test/" + s.host:  403,
		"http://" + s.host + ".evil":  403,
		"null":                        403,
		"*":                           403,
		"://":                         403,
	} {
		var header []string
		if origin != "" {
			header = []string{"Origin", origin}
		}
		got := s.request(http.MethodGet, pollingPath, "", header...)
		if got.status != want {
			t.Errorf("polling from %q: %d, want %d", origin, got.status, want)
		}
		if want == 403 && got.body != `{"code":4,"message":"origin not allowed"}` {
			t.Errorf("polling from %q: %q", origin, got.body)
		}
		if want == 403 {
			want = 400 // Node's for all that it refuses a websocket for
		}
		_, err := s.dial(origin)
		if status := refusal(t, err); status != want && (status != 0 || want != 200) {
			t.Errorf("websocket from %q: refused with %d, want %d", origin, status, want)
		}
	}
}
