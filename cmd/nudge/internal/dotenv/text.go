package dotenv

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// terminators end a line in JavaScript's regular expressions; \r is gone before
// anything asks.
const terminators = "\n\u2028\u2029"

// isSpace reports whether JavaScript counts r as white space: the byte order
// mark is, U+0085 is not.
func isSpace(r rune) bool {
	switch r {
	case '\t', '\n', '\v', '\f', '\r', '\u2028', '\u2029', '\ufeff':
		return true
	}
	return unicode.Is(unicode.Zs, r)
}

func trimSpace(s string) string { return strings.TrimFunc(s, isSpace) }

// spaceLen returns the length of the white space character that s starts with,
// or 0.
func spaceLen(s string) int {
	if r, n := utf8.DecodeRuneInString(s); isSpace(r) {
		return n
	}
	return 0
}

// skipSpace returns the first position from i on that is not white space.
func skipSpace(s string, i int) int {
	for i < len(s) {
		n := spaceLen(s[i:])
		if n == 0 {
			break
		}
		i += n
	}
	return i
}

// lineStart returns the first position from i on at which a line starts, or
// len(s).
func lineStart(s string, i int) int {
	for i < len(s) && i > 0 {
		if r, _ := utf8.DecodeLastRuneInString(s[:i]); strings.ContainsRune(terminators, r) {
			break
		}
		i++
	}
	return min(i, len(s))
}

// lineEnd returns the first position from i on at which a line ends.
func lineEnd(s string, i int) int {
	if n := strings.IndexAny(s[i:], terminators); n >= 0 {
		return i + n
	}
	return len(s)
}

// decode reads text as UTF-8 as Node does: each longest start of a sequence
// that comes to nothing becomes one U+FFFD.
func decode(text []byte) string {
	if utf8.Valid(text) {
		return string(text)
	}
	var b strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r == utf8.RuneError && n == 1 {
			n = truncatedLen(text)
		}
		b.WriteRune(r)
		text = text[n:]
	}
	return b.String()
}

// truncatedLen returns how many bytes at the start of text, which is no valid
// sequence, could have begun one; at least 1.
func truncatedLen(text []byte) int {
	size, low, high := 0, byte(0x80), byte(0xbf)
	switch c := text[0]; {
	case c >= 0xc2 && c <= 0xdf:
		size = 2
	case c >= 0xe0 && c <= 0xef:
		size = 3
	case c >= 0xf0 && c <= 0xf4:
		size = 4
	default:
		return 1
	}
	switch text[0] { // the second byte's bounds shut out overlong forms, surrogates, and more than U+10FFFF
	case 0xe0:
		low = 0xa0
	case 0xed:
		high = 0x9f
	case 0xf0:
		low = 0x90
	case 0xf4:
		high = 0x8f
	}
	n := 1
	for n < size && n < len(text) && text[n] >= low && text[n] <= high {
		n++
		low, high = 0x80, 0xbf
	}
	return n
}
