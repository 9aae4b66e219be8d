package engineio_test

import (
	"net/http"
	"strings"
	"testing"

	"nudge/server/engineio"
)

// setCookies opens a session by transport and returns its id and the Set-Cookie
// headers of the answer.
func (e *echo) setCookies(t *testing.T, transport string) (sid string, cookies []string) {
	t.Helper()
	if transport == "polling" {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.url+"&transport=polling", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return next(t, e.opened).Id(), res.Header["Set-Cookie"]
	}
	c := e.dial(t, "")
	return next(t, e.opened).Id(), c.Header["Set-Cookie"]
}

func TestCookie(t *testing.T) {
	for _, c := range []struct {
		name   string
		cookie *http.Cookie
		want   string // with SID for the session's id; empty for none
	}{
		{"none", nil, ""},
		{"Node's", &http.Cookie{}, "io=SID; Path=/; HttpOnly; SameSite=Lax"},
		{"named", &http.Cookie{Name: "node", Value: "ignored"}, "node=SID; Path=/; HttpOnly; SameSite=Lax"},
		{"of every attribute", &http.Cookie{
			Name: "a", Path: "/chat", Domain: "example.org", MaxAge: 60, Secure: true, SameSite: http.SameSiteNoneMode,
		}, "a=SID; Path=/chat; Domain=example.org; Max-Age=60; HttpOnly; Secure; SameSite=None"},
		{"invalid", &http.Cookie{Name: "a b"}, ""},
	} {
		for _, transport := range []string{"polling", "websocket"} {
			t.Run(c.name+" by "+transport, func(t *testing.T) {
				e := newEcho(t, engineio.Config{Cookie: c.cookie})
				sid, got := e.setCookies(t, transport)
				want := strings.Replace(c.want, "SID", sid, 1)
				if strings.Join(got, "|") != want {
					t.Errorf("got %q, want %q", got, want)
				}
			})
		}
	}
}

// Only a handshake sets the cookie, the requests that follow do not repeat it.
func TestCookieIsSetOnce(t *testing.T) {
	e := newEcho(t, engineio.Config{Cookie: &http.Cookie{}})
	sid := e.startPolling(t)
	for _, method := range []string{http.MethodPost, http.MethodGet} {
		req, err := http.NewRequestWithContext(t.Context(), method, e.url+polling(sid), strings.NewReader("4a"))
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if got := res.Header["Set-Cookie"]; got != nil || res.StatusCode != http.StatusOK {
			t.Errorf("%s answered %d and set %q", method, res.StatusCode, got)
		}
	}
}
