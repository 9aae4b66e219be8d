package adapter

import (
	"errors"
	"strings"
	"testing"
)

// The forms below, up to the mark, were given to parseURL of ioredis 5.11.1,
// and the wanted values are what it made of them, with its defaults filled in.
func TestEveryURLOfIoredisIsRead(t *testing.T) {
	type want struct {
		network, addr, user, password string
		db                            int
		tls                           bool
		shown                         string
	}
	for raw, w := range map[string]want{
		"":                                {addr: "localhost:6379", shown: "redis://localhost:6379"},
		"redis://":                        {addr: "localhost:6379"},
		"redis://localhost:6379":          {addr: "localhost:6379"},
		"redis://localhost":               {addr: "localhost:6379"},
		"redis://10.0.0.1:7000/3":         {addr: "10.0.0.1:7000", db: 3, shown: "redis://10.0.0.1:7000/3"},
		"redis://:secret@host:6380":       {addr: "host:6380", password: "secret", shown: "redis://xxxxx@host:6380"},
		"redis://user:secret@host:6380/2": {addr: "host:6380", user: "user", password: "secret", db: 2, shown: "redis://xxxxx@host:6380/2"},
		"redis://user@host":               {addr: "host:6379", user: "user", shown: "redis://xxxxx@host:6379"},
		"redis://:p%40ss%3Aw%2Fo%23r%3Fd%25@host": {addr: "host:6379", password: "p@ss:w/o#r?d%"},
		"redis://:p@ss@host":                      {addr: "host:6379", password: "p@ss"},
		"redis://:a:b:c@host":                     {addr: "host:6379", password: "a:b:c"},
		"redis://:p^s{s}|\"<>`@host":              {addr: "host:6379", password: "p^s{s}|\"<>`"},
		"redis://:päss@host":                      {addr: "host:6379", password: "päss"},
		"rediss://user:secret@host:6380/0":        {addr: "host:6380", user: "user", password: "secret", tls: true, shown: "rediss://xxxxx@host:6380"},
		"REDIS://host:1":                          {addr: "host:1", shown: "redis://host:1"},
		"host":                                    {addr: "host:6379"},
		"host:6380":                               {addr: "host:6380", shown: "redis://host:6380"},
		"127.0.0.1":                               {addr: "127.0.0.1:6379"},
		"7000":                                    {addr: "localhost:7000", shown: "redis://localhost:7000"},
		":secret@host:6380":                       {addr: "host:6380", password: "secret"},
		"user:secret@host:6380":                   {addr: "host:6380", user: "user", password: "secret"},
		"//host:6380":                             {addr: "host:6380"},
		"//:secret@host:6380/4":                   {addr: "host:6380", password: "secret", db: 4},
		"/tmp/redis.sock":                         {network: "unix", addr: "/tmp/redis.sock", shown: "unix:///tmp/redis.sock"},
		"/tmp/redis.sock?db=2":                    {network: "unix", addr: "/tmp/redis.sock", db: 2, shown: "unix:///tmp/redis.sock?db=2"},
		"/tmp/redis.sock?password=secret&username=u": {network: "unix", addr: "/tmp/redis.sock", user: "u", password: "secret", shown: "unix://xxxxx@/tmp/redis.sock"},
		"/tmp/a%20b@c#d":                          {network: "unix", addr: "/tmp/a%20b@c#d", shown: "unix:///tmp/a%2520b%40c%23d"},
		"redis://host?db=3":                       {addr: "host:6379", db: 3},
		"redis://host/1?db=3":                     {addr: "host:6379", db: 1},
		"redis://host?password=secret&username=u": {addr: "host:6379", user: "u", password: "secret", shown: "redis://xxxxx@host:6379"},
		"redis://:first@host?password=second":     {addr: "host:6379", password: "first"},
		"redis://host:6380?family=6":              {network: "tcp6", addr: "host:6380"},
		"redis://[::1]:6380":                      {addr: "[::1]:6380"},
		"[::1]:6380":                              {addr: "[::1]:6380"},
		"redis://[::1]":                           {addr: "[::1]:6379", shown: "redis://[::1]:6379"},
		"redis:///5":                              {addr: "localhost:6379", db: 5},
		"redis://host/":                           {addr: "host:6379"},
		"redis://host:6380/5/":                    {addr: "host:6380", db: 5},
		"my_redis:6379":                           {addr: "my_redis:6379"},

		// Of rueidis, or merely clear.
		" redis://host:6380\n":                          {addr: "host:6380"},
		"redis://:6380":                                 {addr: "localhost:6380"},
		"Rediss://host":                                 {addr: "host:6379", tls: true},
		"valkeys://host":                                {addr: "host:6379", tls: true},
		"unix:///tmp/redis.sock":                        {network: "unix", addr: "/tmp/redis.sock"},
		"unix://user:secret@/tmp/a%20b?db=2":            {network: "unix", addr: "/tmp/a b", user: "user", password: "secret", db: 2},
		"rediss://host?skip_verify=true":                {addr: "host:6379", tls: true},
		"redis://host?family=0&addr=other:1":            {addr: "host:6379"},
		"redis://host?write_timeout=1s&dial_timeout=2s": {addr: "host:6379"},
	} {
		u, err := parseRedisURL(raw)
		if err != nil {
			t.Errorf("%q: %v", raw, err)
			continue
		}
		got := want{
			network: u.network, addr: u.option.InitAddress[0], user: u.option.Username, password: u.option.Password,
			db: u.option.SelectDB, tls: u.option.TLSConfig != nil, shown: w.shown,
		}
		if w.network == "" {
			w.network = "tcp"
		}
		if got != w {
			t.Errorf("%q: got %+v, want %+v", raw, got, w)
		}
		if w.shown != "" && u.shown != w.shown {
			t.Errorf("%q is shown as %q, want %q", raw, u.shown, w.shown)
		}
	}
}

func TestURLParametersReachTheClient(t *testing.T) {
	u, err := parseRedisURL("rediss://:secret@host:1?addr=other:2&master_set=mymaster&skip_verify&write_timeout=1500ms&client_name=me")
	if err != nil {
		t.Fatal(err)
	}
	o := clientOption(u, DialConfig{}, newConnSet(u.network))
	if len(o.InitAddress) != 2 || o.InitAddress[1] != "other:2" || o.Sentinel.MasterSet != "mymaster" ||
		!o.TLSConfig.InsecureSkipVerify || o.TLSConfig.ServerName != "host" ||
		o.ConnWriteTimeout.String() != "1.5s" || o.ClientName != "me" || !o.DisableCache || !o.DisableRetry {
		t.Errorf("got %+v", o)
	}
}

func TestABadURLIsNamedWithoutItsSecrets(t *testing.T) {
	for raw, want := range map[string]string{
		"http://host":                       "scheme",
		"redis://:hunter2@host:port":        "port",
		"redis://:hunter2":                  "port",
		"user:hunter2":                      "port",
		"redis://host:0":                    "port",
		"redis://host:65536":                "port",
		"redis://host/hunter2":              "database",
		"redis://host/-1":                   "database",
		"redis://host/1/2":                  "database",
		"redis://host?db=hunter2":           "database",
		"redis://:hun/ter2@host":            "%2F",
		"redis://:1#hunter2@host":           "%23",
		"redis://:1?hunter2@host":           "%3F",
		"redis://host#hunter2":              "#",
		"redis://:%zz-hunter2@host":         "%25",
		"redis://:hunter2@ho st":            "host",
		"redis://:hunter2@[::x]":            "IPv6",
		"redis://::1":                       "[ ]",
		"redis://:hunter2@host\nx":          "control character",
		"unix://hunter2/tmp/x":              "unix:///",
		"unix://":                           "unix:///",
		"redis://host?family=hunter2":       "family",
		"redis://host?dial_timeout=hunter2": "dial_timeout",
		"redis://host?x=%zz":                "query",
	} {
		_, err := parseRedisURL(raw)
		if !errors.Is(err, ErrURL) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q in it", raw, err, want)
			continue
		}
		if all := err.Error() + RedactURL(raw); strings.Contains(all, "hunter2") || strings.Contains(all, "ter2") {
			t.Errorf("%q: the secret is told: %s", raw, all)
		}
	}
	for raw, want := range map[string]string{
		"":                       "",
		"hunter2:x":              "xxxxx",
		"redis://:hun/ter2@h":    "redis://xxxxx",
		"REDISS://h:x":           "rediss://xxxxx",
		"hunter2://:hunter2@h":   "xxxxx",
		"redis://:hunter2@h:1/2": "redis://xxxxx@h:1/2",
	} {
		if got := RedactURL(raw); got != want {
			t.Errorf("%q is shown as %q, want %q", raw, got, want)
		}
	}
}

// FuzzRedactURL looks for a URL, good or bad, whose password can be seen in
// what is shown of it.
func FuzzRedactURL(f *testing.F) {
	const secret = "hunter2-correct-horse"
	for _, s := range []string{"", "/", "#", "?", "@", "%", "//", "://", ":", "[", "]", "&", "x=", "\x00", "\xff", "é"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		password := before + secret + after
		for _, raw := range []string{
			"redis://:" + password + "@host:6379/1",
			"rediss://user:" + password + "@host",
			"redis://" + password + "@host",
			"unix://user:" + password + "@/tmp/redis.sock",
			"user:" + password + "@host",
			":" + password + "@host:6379",
			"redis:" + password + "@host",
			"redis://host?password=" + password,
			// The host is missing; what follows an @ would be one.
			"redis://:" + strings.ReplaceAll(password, "@", "%40"),
			"http://user:" + password + "@host",
		} {
			u, err := parseRedisURL(raw)
			shown := RedactURL(raw) + u.shown
			if err != nil {
				shown += err.Error()
			}
			if strings.Contains(shown, secret) {
				t.Errorf("%q is shown as %q", raw, shown)
			}
		}
	})
}

// FuzzParseRedisURL holds what is shown of a URL to be a URL of the same
// place.
func FuzzParseRedisURL(f *testing.F) {
	for _, s := range []string{"redis://u:p@host:1/2", "/tmp/x?db=1", "unix://u@/a%20b", "6379", "[::1]:1", "redis://h?addr=x:1&family=4", "//h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := parseRedisURL(raw)
		if err != nil {
			if !errors.Is(err, ErrURL) {
				t.Errorf("%q: %v is no ErrURL", raw, err)
			}
			return
		}
		again, err := parseRedisURL(u.shown)
		if err != nil {
			t.Fatalf("%q is shown as %q: %v", raw, u.shown, err)
		}
		if again.option.InitAddress[0] != u.option.InitAddress[0] || again.option.SelectDB != u.option.SelectDB {
			t.Errorf("%q is shown as %q, which is %v/%d and not %v/%d", raw, u.shown,
				again.option.InitAddress, again.option.SelectDB, u.option.InitAddress, u.option.SelectDB)
		}
	})
}
