package settings

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// value is a flag's value that parse reads. Its errors say what is wanted and
// leave out what was given, which Error adds, redacted.
type value[T any] struct {
	to    *T
	parse func(string) (T, error)
	show  func(T) string
	kind  string
}

func (v *value[T]) Set(s string) error {
	parsed, err := v.parse(s)
	if err != nil {
		return err
	}
	*v.to = parsed
	return nil
}

func (v *value[T]) String() string { return v.show(*v.to) }
func (v *value[T]) Type() string   { return v.kind }

// Text is any text that check lets pass; a nil check lets all pass.
func Text(to *string, kind string, check func(string) error) pflag.Value {
	return &value[string]{to: to, kind: kind, show: func(s string) string { return s }, parse: func(s string) (string, error) {
		if check == nil {
			return s, nil
		}
		return s, check(s)
	}}
}

// NotEmpty refuses the empty text.
func NotEmpty(s string) error {
	if s == "" {
		return errors.New("must not be empty")
	}
	return nil
}

// kindSwitch is pflag's name for what is on or off.
const kindSwitch = "bool"

// Switch is on or off: true or false.
func Switch(to *bool) pflag.Value {
	return &value[bool]{to: to, kind: kindSwitch, show: strconv.FormatBool, parse: func(s string) (bool, error) {
		on, err := strconv.ParseBool(strings.TrimSpace(s))
		if err != nil {
			return false, errors.New("want true or false")
		}
		return on, nil
	}}
}

// CookieName is the name of an HTTP cookie, or empty.
func CookieName(to *string) pflag.Value {
	return Text(to, "name", func(s string) error {
		if s != "" && (&http.Cookie{Name: s}).Valid() != nil {
			return errors.New("want letters, digits and -_.~ only, as in a cookie's name")
		}
		return nil
	})
}

// OneOf is one of a few words.
func OneOf(to *string, kind string, words ...string) pflag.Value {
	return Text(to, kind, func(s string) error {
		for _, word := range words {
			if s == word {
				return nil
			}
		}
		return fmt.Errorf("want one of %s", strings.Join(words, ", "))
	})
}

// Level is a log level: debug, info, warn or error.
func Level(to *slog.Level) pflag.Value {
	return &value[slog.Level]{to: to, kind: "level", parse: parseLevel, show: func(l slog.Level) string { return strings.ToLower(l.String()) }}
}

func parseLevel(s string) (slog.Level, error) {
	for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		if strings.EqualFold(s, level.String()) {
			return level, nil
		}
	}
	return 0, errors.New("want one of debug, info, warn, error")
}

// Port is a TCP port, 0 to 65535.
func Port(to *int) pflag.Value {
	return &value[int]{to: to, kind: "port", show: strconv.Itoa, parse: func(s string) (int, error) {
		port, err := strconv.ParseUint(strings.TrimSpace(s), 10, 16)
		if err != nil {
			return 0, errors.New("want a port number, 0 to 65535")
		}
		return int(port), nil
	}}
}

// Count is a whole number of things, at least 1.
func Count(to *int) pflag.Value {
	return &value[int]{to: to, kind: "count", show: strconv.Itoa, parse: parseCount}
}

func parseCount(s string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || n < 1 {
		return 0, errors.New("want a whole number, at least 1")
	}
	return n, nil
}

// CountUpTo is a Count that is at most most.
func CountUpTo(to *int, most int) pflag.Value {
	return &value[int]{to: to, kind: "count", show: strconv.Itoa, parse: func(s string) (int, error) {
		n, err := parseCount(s)
		if err == nil && n > most {
			err = fmt.Errorf("want at most %d", most)
		}
		return n, err
	}}
}

// Duration is a time span in Go's notation, at least a millisecond: no finer
// one can be said to a client.
func Duration(to *time.Duration) pflag.Value {
	return &value[time.Duration]{to: to, kind: "duration", show: time.Duration.String, parse: parseDuration}
}

func parseDuration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(strings.TrimSpace(s))
	if err != nil {
		return 0, errors.New("want a duration with its unit, such as 500ms, 25s or 1m30s")
	}
	if d < time.Millisecond {
		return 0, errors.New("want at least 1ms")
	}
	return d, nil
}

// DurationOrNone is a Duration, or 0 for none.
func DurationOrNone(to *time.Duration) pflag.Value {
	return &value[time.Duration]{to: to, kind: "duration", show: time.Duration.String, parse: func(s string) (time.Duration, error) {
		if d, err := time.ParseDuration(strings.TrimSpace(s)); err == nil && d == 0 {
			return 0, nil
		}
		return parseDuration(s)
	}}
}
