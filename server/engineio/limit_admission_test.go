package engineio_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"nudge/server/engineio"
	"nudge/server/internal/wstest"
)

// handshake asks for a session, for a client at an address where that is not
// "", and returns the answer: a session's id, or a refusal.
func (e *echo) handshake(t *testing.T, transport, address string) (sid string, refusal refused) {
	t.Helper()
	if transport == "websocket" {
		return "", e.handshakeWebsocket(t, address)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.url+"&transport=polling", nil)
	if err != nil {
		t.Fatal(err)
	}
	if address != "" {
		req.Header.Set("X-Forwarded-For", address)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var body bytes.Buffer
	if _, err := body.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	if res.StatusCode == http.StatusOK {
		return sessionID(t, body.String()[1:]), refused{}
	}
	return "", refused{res.StatusCode, res.Header.Get("Retry-After"), body.String()}
}

// refused is the answer to a handshake that was refused, zero for one that was not.
type refused struct {
	status     int
	retryAfter string
	body       string
}

// wantRetry expects to be told to wait for at most so many seconds, and not for
// much less.
func (r refused) wantRetry(t *testing.T, most int) {
	t.Helper()
	if seconds, err := strconv.Atoi(r.retryAfter); err != nil || seconds > most || seconds < most/2 {
		t.Errorf("Retry-After is %q, want about %d", r.retryAfter, most)
	}
}

// handshakeWebsocket is handshake for a websocket, which is closed at the end of
// the test.
func (e *echo) handshakeWebsocket(t *testing.T, address string) refused {
	t.Helper()
	var answer bytes.Buffer
	dialer := ws.Dialer{OnStatusError: func(_ int, _ []byte, r io.Reader) { _, _ = answer.ReadFrom(r) }}
	if address != "" {
		dialer.Header = ws.HandshakeHeaderHTTP{"X-Forwarded-For": {address}}
	}
	conn, _, _, err := dialer.Dial(t.Context(), "ws"+strings.TrimPrefix(e.url, "http")+"&transport=websocket")
	if status := ws.StatusError(0); errors.As(err, &status) {
		res, err := http.ReadResponse(bufio.NewReader(&answer), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return refused{res.StatusCode, res.Header.Get("Retry-After"), string(body)}
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return refused{}
}

func TestMaxConnections(t *testing.T) {
	e := newEcho(t, engineio.Config{Limits: engineio.Limits{MaxConnections: 2}})
	sid := e.startPolling(t)
	e.startWebsocket(t)
	next(t, e.opened)
	socket := next(t, e.opened)

	want := map[string]refused{
		"polling":   {503, "5", `{"code":3,"message":"Too many connections"}`},
		"websocket": {503, "5", "Too many connections"},
	}
	for transport, want := range want {
		if _, got := e.handshake(t, transport, ""); got != want {
			t.Errorf("%s: got %v, want %v", transport, got, want)
		}
	}
	if status, _ := e.request(t, http.MethodPost, polling(sid), "4on with it"); status != 200 {
		t.Errorf("a session's post is answered %d", status)
	}
	if stats := e.Stats(); stats.Sessions != 2 || stats.RefusedConnections != 2 {
		t.Errorf("the counts are %+v", stats)
	}

	for _, leave := range []func(){
		func() { socket.Close(true) },
		func() { e.request(t, http.MethodPost, polling(sid), "1") },
	} {
		leave()
		next(t, e.closed)
		if _, got := e.handshake(t, "polling", ""); got.status != 0 {
			t.Errorf("after a session ended: %v", got)
		}
	}
	if _, got := e.handshake(t, "polling", ""); got.status != 503 {
		t.Errorf("beyond the limit again: %v", got)
	}
}

// A handshake that comes to nothing leaves its place.
func TestFailedHandshakeTakesNoPlace(t *testing.T) {
	e := newEcho(t, engineio.Config{Limits: engineio.Limits{MaxConnections: 1}})
	for range 3 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.url+"&transport=websocket", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Connection", "Upgrade")
		req.Header.Set("Upgrade", "websocket") // and no key
		if status, _ := do(t, req); status != http.StatusBadRequest {
			t.Fatalf("answered %d", status)
		}
	}
	waitFor(t, "a place", func() bool {
		_, got := e.handshake(t, "polling", "")
		return got.status == 0
	})
}

// As many get in as there are places, however many come at once.
func TestMaxConnectionsAtOnce(t *testing.T) {
	const places = 10
	e := newEcho(t, engineio.Config{Limits: engineio.Limits{MaxConnections: places}})
	for range 3 {
		var wg sync.WaitGroup
		for i := range 5 * places {
			transport := [...]string{"polling", "websocket"}[i%2]
			wg.Go(func() { e.handshake(t, transport, "") })
		}
		wg.Wait()
		if n := e.Stats().Sessions; n != places {
			t.Fatalf("%d sessions, want %d", n, places)
		}
		for range places {
			next(t, e.opened).Close(true)
			next(t, e.closed)
		}
	}
}

func TestNegativeMaxConnections(t *testing.T) {
	e := newEcho(t, engineio.Config{Limits: engineio.Limits{MaxConnections: -1}})
	e.startPolling(t)
}

// One handshake in two seconds: the second one is refused, and let in later.
func TestMaxHandshakeRate(t *testing.T) {
	for transport, want := range map[string]refused{
		"polling":   {status: 429, body: `{"code":3,"message":"Too many handshakes"}`},
		"websocket": {status: 429, body: "Too many handshakes"},
	} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			e := newEcho(t, engineio.Config{
				Limits:       engineio.Limits{MaxHandshakeRate: 0.5},
				AllowRequest: func(*http.Request) error { asked.Add(1); return nil },
			})
			if _, got := e.handshake(t, transport, ""); got.status != 0 {
				t.Fatalf("the first one: %v", got)
			}
			_, got := e.handshake(t, transport, "")
			got.wantRetry(t, 2)
			if got.retryAfter = ""; got != want {
				t.Errorf("got %v, want %v", got, want)
			}
			if n := asked.Load(); n != 1 {
				t.Errorf("AllowRequest was asked %d times", n)
			}
			if stats := e.Stats(); stats.RefusedRate != 1 {
				t.Errorf("the counts are %+v", stats)
			}
			waitFor(t, "the next handshake", func() bool {
				time.Sleep(50 * time.Millisecond)
				_, got := e.handshake(t, transport, "")
				return got.status == 0
			})
		})
	}
}

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

func TestMaxConnectionsPerAddress(t *testing.T) {
	e := newEcho(t, engineio.Config{Limits: engineio.Limits{MaxConnectionsPerAddress: 2, TrustedProxies: loopback}})
	const first = "203.0.113.1"
	sid, _ := e.handshake(t, "polling", first)
	e.handshake(t, "websocket", first)
	if address := next(t, e.opened).RemoteAddress(); address != first {
		t.Errorf("its address is %q", address)
	}
	for transport, want := range map[string]refused{
		"polling":   {503, "5", `{"code":3,"message":"Too many connections from this address"}`},
		"websocket": {503, "5", "Too many connections from this address"},
	} {
		for _, forwarded := range []string{first, "::ffff:203.0.113.1", "198.51.100.1, " + first + ":1234"} {
			if _, got := e.handshake(t, transport, forwarded); got != want {
				t.Errorf("%s from %s: got %v, want %v", transport, forwarded, got, want)
			}
		}
	}
	if stats := e.Stats(); stats.RefusedAddressConnections != 6 || stats.RefusedConnections != 0 {
		t.Errorf("the counts are %+v", stats)
	}
	for _, other := range []string{"203.0.113.2", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"} {
		if _, got := e.handshake(t, "polling", other); got.status != 0 {
			t.Errorf("from %s: %v", other, got)
		}
	}
	if _, got := e.handshake(t, "polling", "2001:db8::3"); got.status != 503 {
		t.Errorf("the third in one /64: %v", got)
	}
	e.request(t, http.MethodPost, polling(sid), "1")
	next(t, e.closed)
	if _, got := e.handshake(t, "polling", first); got.status != 0 {
		t.Errorf("after a session ended: %v", got)
	}
}

// Without trusted proxies a forwarded address means nothing: anyone can send it.
func TestPerAddressWithoutProxies(t *testing.T) {
	e := newEcho(t, engineio.Config{Limits: engineio.Limits{MaxConnectionsPerAddress: 1}})
	e.handshake(t, "polling", "203.0.113.1")
	if address := next(t, e.opened).RemoteAddress(); address != "127.0.0.1" {
		t.Errorf("its address is %q", address)
	}
	if _, got := e.handshake(t, "polling", "203.0.113.2"); got.status != 503 {
		t.Errorf("the second: %v", got)
	}
}

// An address that tries too often takes nothing from the others.
func TestMaxHandshakeRatePerAddress(t *testing.T) {
	e := newEcho(t, engineio.Config{Limits: engineio.Limits{
		MaxHandshakeRate: 3, MaxHandshakeRatePerAddress: 0.01, TrustedProxies: loopback,
	}})
	if _, got := e.handshake(t, "polling", "203.0.113.1"); got.status != 0 {
		t.Fatalf("the first one: %v", got)
	}
	for range 5 {
		want := refused{status: 429, body: `{"code":3,"message":"Too many handshakes from this address"}`}
		_, got := e.handshake(t, "polling", "203.0.113.1")
		got.wantRetry(t, 100)
		if got.retryAfter = ""; got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	if _, got := e.handshake(t, "polling", "203.0.113.2"); got.status != 0 {
		t.Errorf("another address: %v", got)
	}
	if stats := e.Stats(); stats.RefusedAddressRate != 5 || stats.RefusedRate != 0 {
		t.Errorf("the counts are %+v", stats)
	}
}

// A flood of refusals is no flood of the log.
func TestRefusalsAreLoggedNowAndThen(t *testing.T) {
	var logs wstest.Buffer
	e := newEcho(t, engineio.Config{
		Limits: engineio.Limits{MaxConnections: 1},
		Logger: slog.New(slog.NewTextHandler(&logs, nil)),
	})
	e.startPolling(t)
	began := time.Now()
	for range 100 {
		e.handshake(t, "polling", "")
	}
	most := int(time.Since(began)/time.Second) + 1
	const text = "clients are held to a limit"
	if n := strings.Count(logs.String(), text); n < 1 || n > most {
		t.Errorf("logged %d times in %s", n, time.Since(began))
	}
	if !strings.Contains(logs.String(), "at=1 limit=connections times=1\n") {
		t.Errorf("the log says %s", logs.String())
	}
}
