package settings

import (
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"nudge/server"
)

func TestValues(t *testing.T) {
	var (
		text     string
		count    int
		level    slog.Level
		duration time.Duration
	)
	var perSecond float64
	bound, rate, sizeBound := Bound(&count), Rate(&perSecond), SizeBound(&count)
	upTo, orNone := CountUpTo(&count, 9), DurationOrNone(&duration)
	host, port, number, size := Host(&text), Port(&count), Count(&count), Size(&count)
	logLevel, timespan, word, name := Level(&level), Duration(&duration), OneOf(&text, "format", "text", "json"), Text(&text, "name", NotEmpty)
	tests := []struct {
		value pflag.Value
		given string
		want  string // as String shows it
		err   string // part of the error, where there is one
	}{
		{host, "", "", ""},
		{host, "127.0.0.1", "127.0.0.1", ""},
		{host, "::1", "::1", ""},
		{host, "[::]", "::", ""},
		{host, "fe80::1%eth0", "fe80::1%eth0", ""},
		{host, "chat.internal", "chat.internal", ""},
		{host, "127.0.0.1:8000", "", "the port goes to --port"},
		{host, "http://h", "", "want a host name"},
		{host, "a b", "", "want a host name"},
		{host, "[::1", "", "want a host name"},

		{port, "0", "0", ""},
		{port, "65535", "65535", ""},
		{port, " 8000 ", "8000", ""},
		{port, "65536", "", "0 to 65535"},
		{port, "-1", "", "0 to 65535"},
		{port, "80.5", "", "0 to 65535"},
		{port, "http", "", "0 to 65535"},
		{port, "", "", "0 to 65535"},

		{number, "1", "1", ""},
		{number, "0", "", "at least 1"},
		{number, "-4", "", "at least 1"},
		{number, "1e3", "", "whole number"},
		{number, "99999999999999999999", "", "whole number"},

		{upTo, "1", "1", ""},
		{upTo, "9", "9", ""},
		{upTo, "10", "", "at most 9"},
		{upTo, "0", "", "at least 1"},

		{bound, "0", "0", ""},
		{bound, " 12 ", "12", ""},
		{bound, "-1", "", "or 0 for no bound"},
		{bound, "1.5", "", "whole number"},

		{sizeBound, "0", "0", ""},
		{sizeBound, "1MB", "1000000", ""},
		{sizeBound, "-1", "", "want bytes"},

		{rate, "0", "0", ""},
		{rate, "0.5", "0.5", ""},
		{rate, " 2000 ", "2000", ""},
		{rate, "-1", "", "how many a second"},
		{rate, "NaN", "", "how many a second"},
		{rate, "Inf", "", "how many a second"},
		{rate, "10/s", "", "how many a second"},
		{rate, "", "", "how many a second"},

		{size, "1", "1", ""},
		{size, "1000000", "1000000", ""},
		{size, "10b", "10", ""},
		{size, "1MB", "1000000", ""},
		{size, "1 mb", "1000000", ""},
		{size, "3KB", "3000", ""},
		{size, "2GB", "2000000000", ""},
		{size, "512KiB", "524288", ""},
		{size, "1MiB", "1048576", ""},
		{size, "1gib", "1073741824", ""},
		{size, "0", "", "at least 1 byte"},
		{size, "0KB", "", "at least 1 byte"},
		{size, "1.5MB", "", "want bytes"},
		{size, "1M", "", "want bytes"},
		{size, "-1", "", "want bytes"},
		{size, "MB", "", "want bytes"},
		{size, "", "", "want bytes"},
		{size, "9223372036854775807", "9223372036854775807", ""},
		{size, "9223372036854775808", "", "cannot be"},
		{size, "9223372036854776KB", "", "cannot be"},

		{timespan, "25s", "25s", ""},
		{timespan, "1m30s", "1m30s", ""},
		{timespan, "1ms", "1ms", ""},
		{timespan, "999us", "", "at least 1ms"},
		{timespan, "0", "", "at least 1ms"},
		{timespan, "-5s", "", "at least 1ms"},
		{timespan, "25000", "", "with its unit"},
		{timespan, "soon", "", "with its unit"},

		{orNone, "0", "0s", ""},
		{orNone, "0s", "0s", ""},
		{orNone, "2m", "2m0s", ""},
		{orNone, "1us", "", "at least 1ms"},
		{orNone, "-5s", "", "at least 1ms"},
		{orNone, "120", "", "with its unit"},

		{logLevel, "debug", "debug", ""},
		{logLevel, "INFO", "info", ""},
		{logLevel, "warn", "warn", ""},
		{logLevel, "error", "error", ""},
		{logLevel, "info+1", "", "debug, info, warn, error"},
		{logLevel, "", "", "debug, info, warn, error"},

		{word, "json", "json", ""},
		{word, "xml", "", "want one of text, json"},
		{name, "MESSAGES", "MESSAGES", ""},
		{name, "", "", "must not be empty"},
	}
	for _, tt := range tests {
		t.Run(tt.value.Type()+"/"+tt.given, func(t *testing.T) {
			before := tt.value.String()
			err := tt.value.Set(tt.given)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("Set(%q) = %v, want an error with %q", tt.given, err, tt.err)
				}
				if tt.value.String() != before {
					t.Errorf("a failed Set changed the value to %q", tt.value)
				}
				return
			}
			if err != nil || tt.value.String() != tt.want {
				t.Errorf("Set(%q) = %v, value %q; want %q", tt.given, err, tt.value, tt.want)
			}
		})
	}
}

func TestOrigins(t *testing.T) {
	tests := []struct {
		name  string
		given []string
		want  string
		err   string
	}{
		{"default", nil, "*", ""},
		{"any", []string{"*"}, "*", ""},
		{"one", []string{"https://chat.example.com"}, "https://chat.example.com", ""},
		{"repeated", []string{"https://a.example", "http://b.example:3000"}, "https://a.example,http://b.example:3000", ""},
		{"commas", []string{"https://a.example, https://b.example"}, "https://a.example,https://b.example", ""},
		{"as browsers send it", []string{"HTTPS://Chat.Example.com:443,http://h:80,http://h:443"}, "https://chat.example.com,http://h,http://h:443", ""},
		{"IPv6", []string{"http://[::1]:3000"}, "http://[::1]:3000", ""},
		{"path", []string{"https://a.example/"}, "", "ends after its host and port"},
		{"query", []string{"https://a.example?"}, "", "ends after its host and port"},
		{"user", []string{"https://u@a.example"}, "", "ends after its host and port"},
		{"no scheme", []string{"a.example"}, "", "want"},
		{"no host", []string{"https://"}, "", "want"},
		{"colons", []string{"https://a.example::"}, "", "want"},
		{"empty", []string{""}, "", "want"},
		{"empty part", []string{"https://a.example,"}, "", "want"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			list := []string{"*"}
			value := Origins(&list)
			var err error
			for _, given := range tt.given {
				if err = value.Set(given); err != nil {
					break
				}
			}
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("Set(%q) = %v, want an error with %q", tt.given, err, tt.err)
				}
				return
			}
			if err != nil || value.String() != tt.want {
				t.Errorf("Set(%q) = %v, value %q; want %q", tt.given, err, value, tt.want)
			}
		})
	}
}

func TestNetworks(t *testing.T) {
	for given, want := range map[string]string{
		"10.0.0.1":                "10.0.0.1/32",
		"10.1.2.3/8, fd00::1/8":   "10.0.0.0/8,fd00::/8",
		"::1":                     "::1/128",
		"::ffff:10.0.0.0/104":     "::ffff:10.0.0.0/104",
		"":                        "",
		"proxy":                   "",
		"10.0.0.0/33":             "",
		"10.0.0.0/8,":             "",
		"fe80::1%eth0":            "",
		"10.0.0.0-10.255.255.255": "",
	} {
		value := Networks(new([]netip.Prefix))
		err := value.Set(given)
		if (err != nil) != (want == "") || value.String() != want {
			t.Errorf("%q gives %q, %v; want %q", given, value, err, want)
		}
	}
}

func TestBridges(t *testing.T) {
	for given, want := range map[string]string{
		"PRICES=price": "PRICES=price",
		"a=b, c:d=e:f": "a=b,c:d=e:f",
		"key=1=event":  "key=1=event",
		"MESSAGES":     "",
		"=event":       "",
		"CHANNEL=":     "",
		"a=b,":         "",
		"a=disconnect": "a=disconnect", // the server refuses it
	} {
		value := Bridges(new([]server.Bridge))
		err := value.Set(given)
		if (err != nil) != (want == "") || value.String() != want {
			t.Errorf("%q gives %q, %v; want %q", given, value, err, want)
		}
	}
}

// FuzzValues sets every kind of value to the same text. What is accepted must
// be shown in a form that is accepted again, and means the same.
func FuzzValues(f *testing.F) {
	for _, seed := range []string{"8000", "1 MiB", "1m30s", "[::1]", "HTTP://[::1]:80,*", "10.0.0.1,fd00::/8", "a=b,c==d", "0.5", "info", "http://h:"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, given string) {
		var (
			text     string
			count    int
			level    slog.Level
			duration time.Duration
		)
		kinds := []func() pflag.Value{
			func() pflag.Value { return Host(&text) },
			func() pflag.Value { return Port(&count) },
			func() pflag.Value { return Size(&count) },
			func() pflag.Value { return Duration(&duration) },
			func() pflag.Value { return DurationOrNone(&duration) },
			func() pflag.Value { return Level(&level) },
			func() pflag.Value { return Origins(new([]string)) },
			func() pflag.Value { return Networks(new([]netip.Prefix)) },
			func() pflag.Value { return Bridges(new([]server.Bridge)) },
			func() pflag.Value { return Bound(new(int)) },
			func() pflag.Value { return Rate(new(float64)) },
		}
		for _, kind := range kinds {
			value := kind()
			if value.Set(given) != nil {
				continue
			}
			shown := value.String()
			again := kind()
			if err := again.Set(shown); err != nil || again.String() != shown {
				t.Errorf("%s %q is shown as %q, which reads as %q, %v", value.Type(), given, shown, again, err)
			}
		}
	})
}
