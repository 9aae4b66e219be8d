package settings

import (
	"regexp"
	"strings"

	"github.com/spf13/pflag"

	"nudge/adapter"
)

// redisScheme finds a Redis URL given to something else: it is easily put in
// the wrong place, and may hold a password in several.
var redisScheme = regexp.MustCompile(`(?i)(redis|rediss|valkey|valkeys|unix)://`)

// Redact returns a value of any kind in a form that may be shown: a Redis URL
// as adapter.RedactURL does, else without what may be a name and password
// before an @.
func Redact(value string) string {
	if at := redisScheme.FindStringIndex(value); at != nil {
		return value[:at[0]] + adapter.RedactURL(value[at[0]:])
	}
	at := strings.LastIndexByte(value, '@')
	if at < 0 {
		return value
	}
	scheme, _, ok := strings.Cut(value[:at], "://")
	if !ok {
		return "xxxxx" + value[at:]
	}
	return scheme + "://xxxxx" + value[at:]
}

// redisURL is a text that is never shown with its password.
type redisURL struct{ to *string }

// RedisURL is the URL of a Redis, in any of the forms that adapter takes. It is
// not checked here: whoever connects to it judges it.
func RedisURL(to *string) pflag.Value { return redisURL{to} }

func (u redisURL) Set(s string) error {
	*u.to = s
	return nil
}

func (u redisURL) String() string           { return adapter.RedactURL(*u.to) }
func (u redisURL) Type() string             { return "url" }
func (u redisURL) Redact(raw string) string { return adapter.RedactURL(raw) }
