package settings

import (
	"fmt"

	"github.com/spf13/pflag"
)

// Source says where a value was set, in words for an error.
type Source string

// CommandLine is the source of a flag that was given as one.
const CommandLine Source = "command line"

func fromEnvironment(name string) Source { return Source("environment variable " + name) }
func fromFile(name string) Source        { return Source(name + " in .env") }

// sourceAnnotation is where Resolve notes the source of a flag that it set.
const sourceAnnotation = "settings_source"

// SourceOf returns where the value of flag was set, or "" where it is the
// default.
func SourceOf(flag *pflag.Flag) Source {
	if flag.Changed {
		return CommandLine
	}
	if sources := flag.Annotations[sourceAnnotation]; len(sources) > 0 {
		return Source(sources[0])
	}
	return ""
}

// Error is a value that a flag does not take. Its text is one line and shows no
// password.
type Error struct {
	// Flag is the flag's name, without dashes.
	Flag string
	// Shown is the value that was given, redacted.
	Shown string
	// Source is where it was given.
	Source Source
	// Err says what is wrong with the value, without repeating it.
	Err error
}

// NewError returns an Error about what was given to flag.
func NewError(flag *pflag.Flag, given string, source Source, err error) *Error {
	redact := Redact
	if secret, ok := flag.Value.(interface{ Redact(string) string }); ok {
		redact = secret.Redact
	}
	return &Error{Flag: flag.Name, Shown: redact(given), Source: source, Err: err}
}

// Error names the flag, the value and its source.
func (e *Error) Error() string {
	return fmt.Sprintf("invalid --%s %q (%s): %v", e.Flag, e.Shown, e.Source, e.Err)
}

// Unwrap returns what is wrong with the value.
func (e *Error) Unwrap() error { return e.Err }
