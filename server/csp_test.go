package server

import (
	"strings"
	"testing"
)

func TestContentSecurityPolicy(t *testing.T) {
	const rest = "; img-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	// printf %s 'TEXT' | openssl dgst -sha256 -binary | base64
	const (
		one = "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='" // alert(1)
		two = "'sha256-2efW8No83pDk5ZyYTYx1+/SmtFgVGFiTxLlkxs0wLOE='" // a < b && "c"
		red = "'sha256-p0bF+un5yUb9MBO6xRb8kPHlY2BdpHVtLiFkDrZPF64='" // p{color:red}
	)
	for _, test := range []struct {
		name, document string
		connect        []string
		want           string
	}{
		{"empty", "", nil, "script-src 'self'; style-src 'self'; connect-src 'self'"},
		{
			"files of its own", `<link rel=stylesheet href=a.css><script src="/a.js" async=""></script>`, nil,
			"script-src 'self'; style-src 'self'; connect-src 'self'",
		},
		{
			"inline script", `<script id="x">alert(1)</script>`, nil,
			"script-src 'self' " + one + "; style-src 'self'; connect-src 'self'",
		},
		{
			"each once, in order", `<script>a < b && "c"</script><SCRIPT>alert(1)</SCRIPT><script>alert(1)</script>`, nil,
			"script-src 'self' " + two + " " + one + "; style-src 'self'; connect-src 'self'",
		},
		{
			"a script in a comment or in text", `<!-- <script>alert(1)</script> --><textarea><script>alert(1)</script></textarea>`, nil,
			"script-src 'self'; style-src 'self'; connect-src 'self'",
		},
		{"an empty script", `<script></script>`, nil, "script-src 'self'; style-src 'self'; connect-src 'self'"},
		{
			"inline style", `<style>p{color:red}</style>`, nil,
			"script-src 'self'; style-src 'self' " + red + "; connect-src 'self'",
		},
		{
			"another server", "", []string{"https://chat.example", "wss://chat.example"},
			"script-src 'self'; style-src 'self'; connect-src 'self' https://chat.example wss://chat.example",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := "default-src 'none'; " + test.want + rest
			if got := contentSecurityPolicy([]byte(test.document), test.connect); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestConnectSources(t *testing.T) {
	for config, want := range map[string]string{
		`{}`:                                 "",
		`{"server":""}`:                      "",
		`{"server":"http://localhost:8000"}`: "http://localhost:8000 ws://localhost:8000",
		`{"server":"https://chat.example"}`:  "https://chat.example wss://chat.example",
		`{"server":"http://[::1]:8000"}`:     "http://[::1]:8000 ws://[::1]:8000",
	} {
		got, err := connectSources([]byte(config))
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %q, %v, want %q", config, got, err, want)
		}
	}
	for _, config := range []string{
		``, `[]`, `{"server":7}`,
		`{"server":"localhost:8000"}`,
		`{"server":"ws://localhost:8000"}`,
		`{"server":"http://"}`,
		`{"server":"http://localhost/"}`,
		`{"server":"http://localhost/room"}`,
		`{"server":"http://user:secret@localhost"}`,
		`{"server":"http://localhost; script-src *"}`,
		`{"server":"http://localhost;script-src"}`,
		`{"server":"http://a,b"}`,
		`{"server":"*"}`,
	} {
		got, err := connectSources([]byte(config))
		switch {
		case err == nil:
			t.Errorf("%s: %q, want an error", config, got)
		case !strings.Contains(err.Error(), pageConfig) || strings.Contains(err.Error(), "secret"):
			t.Errorf("%s: the error is %q", config, err)
		}
	}
}

// FuzzConnectSources holds that whatever a config says, it adds two sources to
// the one directive or none.
func FuzzConnectSources(f *testing.F) {
	f.Add([]byte(`{"server":"http://localhost:8000"}`))
	f.Add([]byte(`{"server":"http://a;b"}`))
	f.Fuzz(func(t *testing.T, config []byte) {
		got, err := connectSources(config)
		if err != nil && got != nil {
			t.Errorf("%q beside the error %v", got, err)
		}
		if joined := strings.Join(got, " "); strings.ContainsAny(joined, ";,'\"\r\n") || len(strings.Fields(joined)) != len(got) {
			t.Errorf("%q are not sources", got)
		}
	})
}

// FuzzContentSecurityPolicy holds that no document writes a directive.
func FuzzContentSecurityPolicy(f *testing.F) {
	f.Add([]byte(`<script>1</script><style>p{}</style>`))
	f.Add([]byte(`<script><style>'; script-src *`))
	f.Fuzz(func(t *testing.T, document []byte) {
		policy := contentSecurityPolicy(document, nil)
		if got := strings.Count(policy, ";"); got != 8 {
			t.Errorf("%d directives in %q", got+1, policy)
		}
		if strings.Contains(policy, "unsafe") {
			t.Errorf("unsafe: %q", policy)
		}
	})
}
