// Package dotenv reads a .env file to the same values as version 16 and 17 of
// npm's dotenv, so that a file written for a Node server means the same here.
//
// A line is KEY=value or "KEY: value", with "export " in front if one likes.
// A value may be quoted with ', " or `, and then span lines; within double
// quotes \n and \r stand for line breaks, and no other escape exists anywhere.
// An unquoted value ends at the first #. Nothing is expanded: a $ in a password
// stays a $. The last of several lines for one key counts. What is no
// assignment is passed over, so no text is malformed.
package dotenv

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// Load reads the file at path. A file that does not exist holds nothing and is
// no error.
func Load(path string) (map[string]string, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading settings: %w", err)
	}
	return Parse(data), nil
}

// lineBreaks makes every line end in \n, before anything else looks at the text.
var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// Parse returns the variables that text sets. It takes any bytes: what is not
// UTF-8 reads as U+FFFD.
func Parse(text []byte) map[string]string {
	src := lineBreaks.Replace(decode(text))
	vars := make(map[string]string)
	for at := 0; at < len(src); {
		start := skipSpace(src, at)
		a, ok := readAssignment(src, start)
		if !ok {
			// Every line start within the skipped space leads to this same place.
			at = lineStart(src, start+1)
			continue
		}
		vars[a.key] = unquote(a.value)
		at = lineStart(src, a.end)
	}
	return vars
}

// assignment is one KEY=value as written, with the position where it ends.
type assignment struct {
	key, value string
	end        int
}

// readAssignment reads the assignment at i, which is not a space.
func readAssignment(src string, i int) (assignment, bool) {
	if rest, ok := strings.CutPrefix(src[min(i, len(src)):], "export"); ok {
		if after := skipSpace(rest, 0); after > 0 {
			if a, ok := readPair(src, len(src)-len(rest)+after); ok {
				return a, true
			}
		}
	}
	return readPair(src, i) // "export" itself may be the key
}

func readPair(src string, i int) (assignment, bool) {
	j := i
	for j < len(src) && isKeyByte(src[j]) {
		j++
	}
	if j == i {
		return assignment{}, false
	}
	v := -1
	if k := skipSpace(src, j); k < len(src) && src[k] == '=' {
		v = k + 1
	} else if j < len(src) && src[j] == ':' {
		// A colon separates only before a space, of which it takes one.
		if n := spaceLen(src[j+1:]); n > 0 {
			v = j + 1 + n
		}
	}
	if v < 0 {
		return assignment{}, false
	}
	value, end := readValue(src, v)
	return assignment{key: src[i:j], value: value, end: end}, true
}

func isKeyByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '_' || c == '.' || c == '-'
}
