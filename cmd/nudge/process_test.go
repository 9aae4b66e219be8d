package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"nudge/cmd/nudge/internal/proctest"
)

// local are the variables of a server that a test may start on any machine.
var local = []string{"NUDGE_HOST=127.0.0.1", "PORT=0", "NUDGE_LOG_FORMAT=json"}

// listening waits until a server that logs JSON listens, and returns where.
func listening(t *testing.T, p *proctest.Process) (addr string) {
	t.Helper()
	p.Line("where it listens", func(line string) bool {
		var entry struct{ Msg, Addr string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Msg != "listening" {
			return false
		}
		addr = entry.Addr
		return true
	})
	return addr
}

// get returns the status and body of a plain request.
func get(t *testing.T, url string) (int, string) {
	t.Helper()
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestServeFindsItsSettings(t *testing.T) {
	// Each case must listen on 127.0.0.1 and a free port, and log JSON.
	tests := []struct {
		name string
		opts proctest.Options
		args []string
	}{
		{"flags", proctest.Options{}, []string{"--host", "127.0.0.1", "--port", "0", "--log-format", "json"}},
		{"environment", proctest.Options{Environ: local}, nil},
		{".env", proctest.Options{EnvFile: "\ufeff# chat\r\nexport NUDGE_HOST='127.0.0.1' # here\r\nPORT=0\r\nNUDGE_LOG_FORMAT: \"json\""}, nil},
		{"environment over .env", proctest.Options{Environ: local, EnvFile: "PORT=abc\nNUDGE_HOST=!\nNUDGE_LOG_FORMAT=xml"}, nil},
		{"flags over environment", proctest.Options{Environ: []string{"PORT=abc", "NUDGE_HOST=127.0.0.1", "NUDGE_LOG_FORMAT=json"}}, []string{"--port", "0"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := proctest.Start(t, tt.opts, append([]string{"serve"}, tt.args...)...)
			addr := listening(t, p)
			host, port, err := net.SplitHostPort(addr)
			if err != nil || host != "127.0.0.1" || port == "0" || port == "8000" {
				t.Errorf("listens on %q, want a free port of 127.0.0.1", addr)
			}
			if status, _ := get(t, "http://"+addr+"/healthz"); status != http.StatusOK {
				t.Errorf("/healthz answers %d", status)
			}
			p.Signal(syscall.SIGTERM)
			if code := p.Wait(); code != exitOK {
				t.Errorf("exit code %d, want 0", code)
			}
			if p.Stdout() != "" {
				t.Errorf("stdout: %q; the log belongs to stderr", p.Stdout())
			}
		})
	}
}

func TestLogIsTextUnlessAsked(t *testing.T) {
	p := proctest.Start(t, proctest.Options{}, "serve", "--host", "127.0.0.1", "--port", "0")
	p.Line("where it listens", func(line string) bool {
		return strings.Contains(line, "level=INFO msg=listening addr=127.0.0.1:")
	})
}

func TestExitCodes(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	_, port, err := net.SplitHostPort(taken.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		opts proctest.Options
		args []string
		code int
		line string // on stderr; "" is nothing there
	}{
		{"help", proctest.Options{}, nil, exitOK, ""},
		{"version", proctest.Options{}, []string{"version", "--json"}, exitOK, ""},
		{"completion", proctest.Options{}, []string{"completion", "zsh"}, exitOK, ""},
		{"unknown command", proctest.Options{}, []string{"sevre"}, exitUsage, "did you mean serve?"},
		{"unknown flag", proctest.Options{}, []string{"serve", "--chanel", "x"}, exitUsage, "did you mean --channel?"},
		{"malformed flag", proctest.Options{}, []string{"serve", "--port", "http"}, exitUsage, `invalid --port "http" (command line)`},
		{"malformed variable", proctest.Options{Environ: []string{"PORT=http"}}, []string{"serve"}, exitUsage, `invalid --port "http" (environment variable PORT)`},
		{"malformed in .env", proctest.Options{EnvFile: "PORT=http"}, []string{"serve"}, exitUsage, `invalid --port "http" (PORT in .env)`},
		{"malformed Redis URL", proctest.Options{Environ: []string{"REDIS_URL=redis://:hunter2@h:port"}}, []string{"serve"}, exitUsage, "(environment variable REDIS_URL)"},
		{"port in use", proctest.Options{Environ: []string{"PORT=" + port}}, []string{"serve", "--host", "127.0.0.1"}, exitFailure, "address already in use"},
		{"not this machine's address", proctest.Options{Environ: local}, []string{"serve", "--host", "192.0.2.1"}, exitFailure, "192.0.2.1:0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := proctest.Start(t, tt.opts, tt.args...)
			if code := p.Wait(); code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			lines := strings.Count(p.Stderr(), "\n")
			if tt.line == "" && (lines != 0 || p.Stdout() == "") {
				t.Errorf("stdout %q, stderr %q; want all on stdout", p.Stdout(), p.Stderr())
			}
			if tt.line != "" && (lines != 1 || p.Stdout() != "" || !strings.HasPrefix(p.Stderr(), "nudge: ") || !strings.Contains(p.Stderr(), tt.line)) {
				t.Errorf("stdout %q, stderr %q; want one line on stderr with %q", p.Stdout(), p.Stderr(), tt.line)
			}
			if strings.Contains(p.Stderr(), "hunter2") {
				t.Error("a password is shown")
			}
		})
	}
}

func TestPasswordIsNeverShown(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	redis := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	p := proctest.Start(t, proctest.Options{Environ: local}, "serve", "--redis", "redis://chat:hunter2@"+redis+"/3", "--log-level", "debug")
	addr := listening(t, p)
	p.Line("what ails Redis", func(line string) bool { return strings.Contains(line, "refused") })
	status, body := get(t, "http://"+addr+"/readyz")
	if status != http.StatusServiceUnavailable {
		t.Errorf("/readyz answers %d %s, want 503", status, body)
	}
	check := proctest.Start(t, proctest.Options{}, "healthcheck", "--ready", "--url", "http://"+addr)
	if code := check.Wait(); code != exitFailure || !strings.Contains(check.Stderr(), "answered 503: ") {
		t.Errorf("healthcheck: exit code %d, stderr %q; want 1 and the reason", code, check.Stderr())
	}
	p.Signal(syscall.SIGINT)
	if code := p.Wait(); code != exitOK {
		t.Errorf("exit code %d, want 0", code)
	}
	if !strings.Contains(p.Stderr(), redis) {
		t.Errorf("the log does not name the Redis at %s", redis)
	}
	for where, text := range map[string]string{"stdout": p.Stdout(), "stderr": p.Stderr(), "/readyz": body, "healthcheck": check.Stderr()} {
		if strings.Contains(text, "hunter2") {
			t.Errorf("%s shows the password: %s", where, text)
		}
	}
}

func TestOddSettingsAreWarnedOf(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, ".env"), 0o700); err != nil {
		t.Fatal(err)
	}
	p := proctest.Start(t, proctest.Options{Dir: dir, Environ: append([]string{"NUDGE_CHANEL=hunter2"}, local...)}, "serve")
	listening(t, p)
	p.Line("the file that cannot be read", func(line string) bool {
		return strings.Contains(line, `"WARN"`) && strings.Contains(line, ".env: is a directory")
	})
	p.Line("the misspelt variable", func(line string) bool {
		return strings.Contains(line, `"WARN"`) && strings.Contains(line, `"name":"NUDGE_CHANEL"`) && strings.Contains(line, `"did_you_mean":"NUDGE_CHANNEL"`)
	})
	if strings.Contains(p.Stderr(), "hunter2") {
		t.Error("the value of an unknown variable is shown")
	}
}

func TestHealthcheckOfAProcess(t *testing.T) {
	p := proctest.Start(t, proctest.Options{Environ: local}, "serve")
	addr := listening(t, p)
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	check := func(args ...string) *proctest.Process {
		return proctest.Start(t, proctest.Options{EnvFile: "PORT=" + port}, append([]string{"healthcheck"}, args...)...)
	}
	for _, args := range [][]string{nil, {"--ready"}, {"--url", "http://" + addr}} {
		if c := check(args...); c.Wait() != exitOK || strings.Count(c.Stdout(), "\n") != 1 || c.Stderr() != "" {
			t.Errorf("healthcheck %q of a live server: stdout %q, stderr %q", args, c.Stdout(), c.Stderr())
		}
	}
	p.Signal(syscall.SIGTERM)
	if code := p.Wait(); code != exitOK {
		t.Errorf("exit code %d, want 0", code)
	}
	if c := check(); c.Wait() != exitFailure || !strings.Contains(c.Stderr(), "no answer from http://127.0.0.1:"+port+"/healthz") {
		t.Errorf("healthcheck of a dead server: stdout %q, stderr %q", c.Stdout(), c.Stderr())
	}
}
