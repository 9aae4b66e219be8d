package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"nudge/cmd/nudge/internal/settings"
	"nudge/server"
)

// optionCase is a flag of serve: its variable, three values it takes and what the
// server is then told, its default, and a value it refuses.
type optionCase struct {
	flag, env   string
	given, want [3]string
	byDefault   string
	malformed   string
	got         func(*options, server.Config) any
}

// everyOption lists each flag of serve.
var everyOption = append(everyLimit, []optionCase{
	{"host", "NUDGE_HOST", [3]string{"127.0.0.1", "[::1]", "chat"}, [3]string{"127.0.0.1:8000", "[::1]:8000", "chat:8000"}, ":8000", "h:80",
		func(_ *options, c server.Config) any { return c.Addr }},
	{"port", "PORT", [3]string{"1", "2", "0"}, [3]string{":1", ":2", ":0"}, ":8000", "65536",
		func(_ *options, c server.Config) any { return c.Addr }},
	{"redis", "REDIS_URL", [3]string{"redis://a", "redis://:p$w@b/1", "6379"}, [3]string{"redis://a", "redis://:p$w@b/1", "6379"}, "", "http://h",
		func(_ *options, c server.Config) any { return c.RedisURL }},
	{"channel", "NUDGE_CHANNEL", [3]string{"A", "b c", "é"}, [3]string{"A", "b c", "é"}, "MESSAGES", "",
		func(_ *options, c server.Config) any { return c.Channel }},
	{"bridge", "NUDGE_BRIDGE", [3]string{"A=a", "B=b,C=c:d", "D==d"}, [3]string{"[A=a]", "[B=b C=c:d]", "[D==d]"}, "[]", "A",
		func(_ *options, c server.Config) any { return c.Bridges }},
	{"adapter", "NUDGE_ADAPTER", [3]string{"classic", "none", "streams"}, [3]string{"classic", "none", "streams"}, "", "ring",
		func(_ *options, c server.Config) any { return c.Adapter }},
	{"adapter-key", "NUDGE_ADAPTER_KEY", [3]string{"a", "b c", "é"}, [3]string{"a", "b c", "é"}, "socket.io", "",
		func(_ *options, c server.Config) any { return c.AdapterKey }},
	{"sharded-mode", "NUDGE_SHARDED_MODE", [3]string{"static", "dynamic-private", "dynamic"}, [3]string{"static", "dynamic-private", "dynamic"}, "dynamic", "Static",
		func(_ *options, c server.Config) any { return c.ShardedMode }},
	{"stream-count", "NUDGE_STREAM_COUNT", [3]string{"2", "3", "1024"}, [3]string{"2", "3", "1024"}, "1", "1025",
		func(_ *options, c server.Config) any { return c.StreamCount }},
	{"adapter-max-payload", "NUDGE_ADAPTER_MAX_PAYLOAD", [3]string{"1KiB", "2000", "3MB"}, [3]string{"1024", "2000", "3000000"}, "16777216", "0",
		func(_ *options, c server.Config) any { return c.AdapterPayload }},
	{"stream-max-len", "NUDGE_STREAM_MAX_LEN", [3]string{"1", "2", "3"}, [3]string{"1", "2", "3"}, "10000", "0",
		func(_ *options, c server.Config) any { return c.StreamMaxLen }},
	{"recovery", "NUDGE_RECOVERY", [3]string{"2m", "1s", "0"}, [3]string{"2m0s", "1s", "0s"}, "0s", "120",
		func(_ *options, c server.Config) any { return c.Recovery }},
	{"chat", "NUDGE_CHAT", [3]string{"false", "true", "false"}, [3]string{"true", "false", "true"}, "false", "maybe",
		func(_ *options, c server.Config) any { return c.DisableChat }},
	{"history-length", "NUDGE_HISTORY_LENGTH", [3]string{"1", "2", "0"}, [3]string{"1", "2", "-1"}, "1000", "-1",
		func(_ *options, c server.Config) any { return c.HistoryLength }},
	{"history-age", "NUDGE_HISTORY_AGE", [3]string{"1s", "2m", "3h"}, [3]string{"1s", "2m0s", "3h0m0s"}, "24h0m0s", "24",
		func(_ *options, c server.Config) any { return c.HistoryAge }},
	{"history-bytes", "NUDGE_HISTORY_BYTES", [3]string{"1MiB", "2MB", "3GB"}, [3]string{"1048576", "2000000", "3000000000"}, "134217728", "1MB",
		func(_ *options, c server.Config) any { return c.HistoryBytes }},
	{"node-name", "NUDGE_NODE_NAME", [3]string{"a", "b c", "é"}, [3]string{"a", "b c", "é"}, "", "",
		func(_ *options, c server.Config) any { return c.NodeName }},
	{"cors-origin", "NUDGE_CORS_ORIGIN", [3]string{"https://a", "https://b,https://c", "*"}, [3]string{"[https://a]", "[https://b https://c]", "[*]"}, "[*]", "https://a/b",
		func(_ *options, c server.Config) any { return c.CORSOrigins }},
	{"max-publish", "NUDGE_MAX_PUBLISH", [3]string{"1", "2KB", "3KiB"}, [3]string{"1", "2000", "3072"}, "1000000", "1.5MB",
		func(_ *options, c server.Config) any { return c.MaxPublish }},
	{"publish-queue", "NUDGE_PUBLISH_QUEUE", [3]string{"1", "2", "3"}, [3]string{"1", "2", "3"}, "10000", "0",
		func(_ *options, c server.Config) any { return c.PublishQueue }},
	{"publish-wait", "NUDGE_PUBLISH_WAIT", [3]string{"1s", "2m", "3ms"}, [3]string{"1s", "2m0s", "3ms"}, "10s", "5",
		func(_ *options, c server.Config) any { return c.PublishWait }},
	{"max-payload", "NUDGE_MAX_PAYLOAD", [3]string{"1", "2MB", "3MiB"}, [3]string{"1", "2000000", "3145728"}, "1000000", "-1",
		func(_ *options, c server.Config) any { return c.MaxPayload }},
	{"ping-interval", "NUDGE_PING_INTERVAL", [3]string{"1s", "2m", "3ms"}, [3]string{"1s", "2m0s", "3ms"}, "25s", "25000",
		func(_ *options, c server.Config) any { return c.PingInterval }},
	{"ping-timeout", "NUDGE_PING_TIMEOUT", [3]string{"1s", "2m", "3ms"}, [3]string{"1s", "2m0s", "3ms"}, "20s", "-1s",
		func(_ *options, c server.Config) any { return c.PingTimeout }},
	{"cookie", "NUDGE_COOKIE", [3]string{"io", "a-b", "c"}, [3]string{"io", "a-b", "c"}, "", "a b",
		func(_ *options, c server.Config) any { return c.Cookie }},
	{"compression", "NUDGE_COMPRESSION", [3]string{"true", "1", "t"}, [3]string{"true", "true", "true"}, "false", "yes",
		func(_ *options, c server.Config) any { return c.Compression }},
	{"allow-eio3", "NUDGE_ALLOW_EIO3", [3]string{"true", "1", "t"}, [3]string{"true", "true", "true"}, "false", "3",
		func(_ *options, c server.Config) any { return c.AllowEIO3 }},
	{"parser", "NUDGE_PARSER", [3]string{"msgpack", "json", "msgpack"}, [3]string{"msgpack", "json", "msgpack"}, "json", "JSON",
		func(_ *options, c server.Config) any { return c.Parser }},
	{"shutdown-timeout", "NUDGE_SHUTDOWN_TIMEOUT", [3]string{"1s", "2m", "3ms"}, [3]string{"1s", "2m0s", "3ms"}, "10s", "0s",
		func(_ *options, c server.Config) any { return c.ShutdownTimeout }},
	{"log-level", "NUDGE_LOG_LEVEL", [3]string{"debug", "warn", "error"}, [3]string{"DEBUG", "WARN", "ERROR"}, "INFO", "loud",
		func(o *options, _ server.Config) any { return o.logLevel }},
	{"log-format", "NUDGE_LOG_FORMAT", [3]string{"json", "text", "json"}, [3]string{"json", "text", "json"}, "text", "xml",
		func(o *options, _ server.Config) any { return o.logFormat }},
}...)

func TestEveryOptionIsListed(t *testing.T) {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	defaultOptions().bind(flags)
	flags.VisitAll(func(flag *pflag.Flag) {
		if !slices.ContainsFunc(everyOption, func(o optionCase) bool { return o.flag == flag.Name }) {
			t.Errorf("--%s is not in the table", flag.Name)
		}
	})
}

func TestPrecedence(t *testing.T) {
	for _, option := range everyOption {
		t.Run(option.flag, func(t *testing.T) {
			for _, in := range []struct{ flag, environment, file bool }{
				{}, {file: true}, {environment: true}, {environment: true, file: true},
				{flag: true}, {flag: true, file: true}, {flag: true, environment: true}, {flag: true, environment: true, file: true},
			} {
				var args []string
				var env settings.Environment
				want := option.byDefault
				if in.file {
					env.File = map[string]string{option.env: option.given[2]}
					want = option.want[2]
				}
				if in.environment {
					env.Process = []string{option.env + "=" + option.given[1]}
					want = option.want[1]
				}
				if in.flag {
					args = []string{"--" + option.flag + "=" + option.given[0]}
					want = option.want[0]
				}
				opts, flags := defaultOptions(), pflag.NewFlagSet("", pflag.ContinueOnError)
				opts.bind(flags)
				if err := flags.Parse(args); err != nil {
					t.Fatal(err)
				}
				if err := settings.Resolve(flags, env); err != nil {
					t.Fatal(err)
				}
				if got := fmt.Sprint(option.got(opts, opts.serverConfig(nil))); got != want {
					t.Errorf("set in %+v: %s, want %s", in, got, want)
				}
			}
		})
	}
}

// A switch is on where its flag stands alone, and takes no argument from behind it.
func TestSwitchAlone(t *testing.T) {
	opts, flags := defaultOptions(), pflag.NewFlagSet("", pflag.ContinueOnError)
	opts.bind(flags)
	if err := flags.Parse([]string{"--compression", "--port", "1"}); err != nil {
		t.Fatal(err)
	}
	if !opts.compression || opts.port != 1 {
		t.Errorf("compression %v, port %d", opts.compression, opts.port)
	}
}

func TestMalformedValues(t *testing.T) {
	for _, option := range everyOption {
		t.Run(option.flag, func(t *testing.T) {
			name, shown := "nudge: invalid --"+option.flag, fmt.Sprintf("%q", option.malformed)
			if option.flag == "redis" {
				shown = `"xxxxx"` // where its password is, nobody knows
			}
			runHere(t, nil, "", "serve", "--"+option.flag+"="+option.malformed).
				wantUsageError(t, name, shown, "(command line)")
			if option.malformed == "" {
				return // counts as unset in a variable
			}
			runHere(t, []string{option.env + "=" + option.malformed}, "", "serve").
				wantUsageError(t, name, shown, "(environment variable "+option.env+")")
			runHere(t, nil, option.env+"="+option.malformed, "serve").
				wantUsageError(t, name, shown, "("+option.env+" in .env)")
		})
	}
}

func TestServeHelpNamesEveryVariable(t *testing.T) {
	help := runHere(t, nil, "", "serve", "--help").stdout
	for _, option := range everyOption {
		line := ""
		for l := range strings.Lines(help) {
			if strings.HasPrefix(strings.TrimSpace(l), "--"+option.flag+" ") {
				line = l
			}
		}
		if !strings.Contains(line, "(env "+option.env+")") {
			t.Errorf("the help's line %q lacks the variable %s", line, option.env)
		}
	}
}
