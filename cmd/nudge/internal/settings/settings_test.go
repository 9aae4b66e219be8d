package settings

import (
	"errors"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func newFlags() (*pflag.FlagSet, *int) {
	port, redis := 8000, ""
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	Bind(flags, Port(&port), "port", "PORT", "port")
	Bind(flags, RedisURL(&redis), "redis", "REDIS_URL", "Redis")
	Bind(flags, Size(new(int)), "max-publish", "NUDGE_MAX_PUBLISH", "bound")
	Bind(flags, Text(new(string), "name", nil), "channel", "NUDGE_CHANNEL", "channel")
	flags.Bool("json", false, "bound to nothing")
	return flags, &port
}

func TestResolve(t *testing.T) {
	tests := []struct {
		name   string
		args   []string
		env    Environment
		want   int
		source Source
	}{
		{"default", nil, Environment{}, 8000, ""},
		{"file", nil, Environment{File: map[string]string{"PORT": "3"}}, 3, "PORT in .env"},
		{"environment over file", nil, Environment{Process: []string{"PORT=2"}, File: map[string]string{"PORT": "3"}}, 2, "environment variable PORT"},
		{"flag over environment", []string{"--port=1"}, Environment{Process: []string{"PORT=2"}, File: map[string]string{"PORT": "3"}}, 1, "command line"},
		{"flag over a malformed variable", []string{"--port=1"}, Environment{Process: []string{"PORT=x"}}, 1, "command line"},
		{"environment over a malformed file", nil, Environment{Process: []string{"PORT=2"}, File: map[string]string{"PORT": "x"}}, 2, "environment variable PORT"},
		{"empty in the environment", nil, Environment{Process: []string{"PORT="}}, 8000, ""},
		{"empty in the file", nil, Environment{File: map[string]string{"PORT": ""}}, 8000, ""},
		{"empty in the environment hides the file's", nil, Environment{Process: []string{"PORT="}, File: map[string]string{"PORT": "3"}}, 8000, ""},
		{"other names", nil, Environment{Process: []string{"XPORT=2", "PORTX=2", "port=2", "JSON=true"}}, 8000, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			flags, port := newFlags()
			if err := flags.Parse(tt.args); err != nil {
				t.Fatal(err)
			}
			if err := Resolve(flags, tt.env); err != nil {
				t.Fatalf("Resolve: %v", err)
			}
			if source := SourceOf(flags.Lookup("port")); *port != tt.want || source != tt.source {
				t.Errorf("port is %d from %q, want %d from %q", *port, source, tt.want, tt.source)
			}
		})
	}
}

func TestResolveErrors(t *testing.T) {
	tests := []struct {
		name string
		env  Environment
		want string
	}{
		{"environment", Environment{Process: []string{"PORT=abc"}},
			`invalid --port "abc" (environment variable PORT): want a port number, 0 to 65535`},
		{"file", Environment{File: map[string]string{"PORT": "1\n2"}},
			`invalid --port "1\n2" (PORT in .env): want a port number, 0 to 65535`},
		{"a password in the wrong place", Environment{Process: []string{"NUDGE_MAX_PUBLISH=redis://u:hunter2@h/1"}},
			`invalid --max-publish "redis://xxxxx@h:6379/1" (environment variable NUDGE_MAX_PUBLISH): want bytes`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			flags, _ := newFlags()
			err := Resolve(flags, tt.env)
			if e, ok := errors.AsType[*Error](err); !ok || e.Unwrap() == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("Resolve = %v\nwant an *Error that starts %s", err, tt.want)
			}
		})
	}
}

func TestUsageNamesTheVariable(t *testing.T) {
	flags, _ := newFlags()
	if got := flags.Lookup("redis"); got.Usage != "Redis (env REDIS_URL)" || EnvName(got) != "REDIS_URL" {
		t.Errorf("usage %q, variable %q", got.Usage, EnvName(got))
	}
	if got := EnvName(flags.Lookup("json")); got != "" {
		t.Errorf("an unbound flag has the variable %q", got)
	}
}

func TestRedact(t *testing.T) {
	const password = "hunter2"
	tests := []struct{ given, want string }{
		{"", ""},
		{"8000", "8000"},
		{"https://chat.example.com/", "https://chat.example.com/"},
		{"https://u:hunter2@h/x", "https://xxxxx@h/x"},
		{"https://u:hunter2@x@h", "https://xxxxx@h"},
		{":hunter2@h:6379", "xxxxx@h:6379"},
		{"redis://:hunter2@h", "redis://xxxxx@h:6379"},
		{"redis://u:hunter2/x@h", "redis://xxxxx"},
		{"redis://h?password=hunter2", "redis://xxxxx@h:6379"},
		{"REDIS_URL=redis://:hunter2@h", "REDIS_URL=redis://xxxxx@h:6379"},
	}
	for _, tt := range tests {
		got := Redact(tt.given)
		if got != tt.want || strings.Contains(got, password) {
			t.Errorf("Redact(%q) = %q, want %q", tt.given, got, tt.want)
		}
	}
	var url string
	value := RedisURL(&url)
	if err := value.Set("redis://:hunter2@h"); err != nil || strings.Contains(value.String(), password) {
		t.Errorf("a Redis URL shows as %q, %v", value, err)
	}
	err := NewError(&pflag.Flag{Name: "redis", Value: value}, "hunter2:x", CommandLine, errors.New("bad"))
	if strings.Contains(err.Error(), password) {
		t.Errorf("error shows a password: %v", err)
	}
}

// FuzzRedact puts a password where URLs have it, before an @ and after a name.
func FuzzRedact(f *testing.F) {
	f.Add("redis://u", "h:6379")
	f.Add("https://u", "h/@")
	f.Add("x unix://", "/s.sock")
	f.Fuzz(func(t *testing.T, before, after string) {
		const password = "correct-horse-battery"
		given := before + ":" + password + "@" + after
		if got := Redact(given); strings.Contains(got, password) {
			t.Errorf("Redact(%q) = %q", given, got)
		}
	})
}
