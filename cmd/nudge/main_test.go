package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"nudge/adapter/adaptertest/redistest"
	"nudge/cmd/nudge/internal/proctest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction(redistest.ClusterRefresh), goleak.Cleanup(func(code int) {
		proctest.Cleanup()
		os.Exit(code)
	}))
}

// result is what a command left behind.
type result struct {
	code           int
	stdout, stderr string
}

// runHere runs a command in this process, with nothing but environ and a .env
// file of the given text.
func runHere(t *testing.T, environ []string, file string, args ...string) result {
	t.Helper()
	path := filepath.Join(t.TempDir(), ".env")
	if file != "" {
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var stdout, stderr bytes.Buffer
	code := run(args, process{stdout: &stdout, stderr: &stderr, environ: environ, envFile: path})
	return result{code, stdout.String(), stderr.String()}
}

// wantUsageError fails t unless r is exit code 2 with one line on stderr that
// holds all of parts, and no word on stdout.
func (r result) wantUsageError(t *testing.T, parts ...string) {
	t.Helper()
	if r.code != exitUsage || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 || !strings.HasSuffix(r.stderr, "\n") {
		t.Errorf("code %d, stdout %q, stderr %q; want code 2 and one line on stderr", r.code, r.stdout, r.stderr)
	}
	for _, part := range parts {
		if !strings.Contains(r.stderr, part) {
			t.Errorf("stderr %q lacks %q", r.stderr, part)
		}
	}
}

func TestUsageErrors(t *testing.T) {
	tests := []struct {
		args string
		want string
	}{
		{"sevre", `unknown command "sevre" for nudge; did you mean serve?`},
		{"dance", `unknown command "dance" for nudge; see nudge --help`},
		{"--bogus", `unknown flag "--bogus" for nudge; see nudge --help`},
		{"serve --prot 1", `unknown flag "--prot" for nudge serve; did you mean --port?`},
		{"serve -port 1", `unknown flag "-port" for nudge serve; did you mean --port?`},
		{"serve -x", `unknown flag "-x" for nudge serve; see nudge serve --help`},
		{"serve --port", `--port needs a value: port to listen on`},
		{"serve --=1", `malformed flag "--=1"; see nudge serve --help`},
		{"serve now", `nudge serve takes no argument "now"; see nudge serve --help`},
		{"serve redis://u:hunter2@h", `nudge serve takes no argument "redis://xxxxx@h:6379"`},
		{"serve --redis://u:hunter2@h", `unknown flag "--redis://xxxxx@h:6379"`},
		{"serve --host redis://u:hunter2@h", `invalid --host "redis://xxxxx@h:6379" (command line): want a host name`},
		{"serve --cors-origin https://u:hunter2@h", `invalid --cors-origin "https://xxxxx@h" (command line)`},
		{"serve --bridge A=a", `invalid --bridge "A=a" (command line): no such bridge without Redis`},
		{"serve --redis h --bridge A=disconnect", `invalid --bridge "A=disconnect" (command line): no such bridge: "A=disconnect": the event disconnect is Socket.IO's own`},
		{"serve --redis h --bridge B=b --bridge MESSAGES=a", `invalid --bridge "B=b,MESSAGES=a" (command line): no such bridge: "MESSAGES=a": the channel is that of the chat`},
		{"serve --redis h --bridge A=a,A=b", `invalid --bridge "A=a,A=b" (command line): no such bridge: "A=b": the channel is that of "A=a"`},
		{"serve --redis h:hunter2", `invalid --redis "xxxxx" (command line): `},
		{"version 1", `nudge version takes no argument "1"`},
		{"version --json=maybe", `invalid --json "maybe" (command line): want true or false`},
		{"help sevre", `unknown command "sevre" for nudge; did you mean serve?`},
		{"help serve now", `unknown command "now" for nudge serve`},
		{"completion tcsh", `unknown command "tcsh" for nudge completion`},
		{"completion bash now", `nudge completion bash takes no argument "now"`},
		{"healthcheck --port 0", `--port 0 is a free port that only the server knows`},
		{"healthcheck --url ftp://h", `invalid --url "ftp://h" (command line): want a base URL`},
		{"healthcheck --timeout 3", `invalid --timeout "3" (command line): want a duration`},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			r := runHere(t, nil, "", strings.Fields(tt.args)...)
			r.wantUsageError(t, "nudge: "+tt.want)
			if strings.Contains(r.stderr, "hunter2") {
				t.Errorf("stderr shows a password: %s", r.stderr)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"", "Available Commands:"},
		{"--help", "Available Commands:"},
		{"help", "Available Commands:"},
		{"help serve", "nudge serve [flags]"},
		{"serve -h", "nudge serve [flags]"},
		{"healthcheck --help", "HEALTHCHECK CMD"},
		{"version --help", "nudge version --json"},
		{"completion", "nudge completion fish >"},
		{"help completion bash", "nudge completion bash"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			r := runHere(t, nil, "", strings.Fields(tt.args)...)
			if r.code != exitOK || r.stderr != "" || !strings.Contains(r.stdout, tt.want) {
				t.Errorf("code %d, stderr %q, stdout lacks %q:\n%s", r.code, r.stderr, tt.want, r.stdout)
			}
		})
	}
}

func TestCompletion(t *testing.T) {
	for shell, want := range map[string]string{
		"bash": "complete -o default", "zsh": "#compdef nudge", "fish": "complete -c nudge", "powershell": "Register-ArgumentCompleter",
	} {
		if r := runHere(t, nil, "", "completion", shell); r.code != exitOK || !strings.Contains(r.stdout, want) {
			t.Errorf("completion %s: code %d, stderr %q, no %q in %d bytes", shell, r.code, r.stderr, want, len(r.stdout))
		}
	}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"serve", "--log-level", ""}, "debug\ninfo\nwarn\nerror\n"},
		{[]string{"serve", "--log-format", ""}, "text\njson\n"},
		{[]string{"help", "ver"}, "version\tShow the version"},
	} {
		if r := runHere(t, nil, "", append([]string{"__complete"}, tt.args...)...); r.code != exitOK || !strings.HasPrefix(r.stdout, tt.want) {
			t.Errorf("completing %q: code %d, %q, want %q", tt.args, r.code, r.stdout, tt.want)
		}
	}
}
