package esjson

import (
	"math/bits"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// AppendString appends s in double quotes as JSON.stringify does: only the quote,
// the backslash and the controls below U+0020 are escaped; U+2028, '<', '>' and
// '&' stay. Each maximal invalid part of UTF-8 becomes U+FFFD.
func AppendString[T string | []byte](dst []byte, s T) []byte {
	dst = append(dst, '"')
	for {
		n, ascii := plainPrefix(s)
		if ascii {
			dst = append(dst, s[:n]...)
		} else {
			dst = AppendValid(dst, s[:n])
		}
		if n == len(s) {
			return append(dst, '"')
		}
		dst = appendEscape(dst, s[n])
		s = s[n+1:]
	}
}

// AppendValid appends s as UTF-8, with U+FFFD for each maximal invalid part of it.
func AppendValid[T string | []byte](dst []byte, s T) []byte {
	start := len(dst)
	dst = append(dst, s...)
	if utf8.Valid(dst[start:]) {
		return dst
	}
	dst = dst[:start]
	run := 0
	for i := 0; i < len(s); {
		n, ok := 1, true
		if s[i] >= utf8.RuneSelf {
			n, ok = runeLen(s[i:])
		}
		if !ok {
			dst = append(dst, s[run:i]...)
			dst = append(dst, "\uFFFD"...)
			run = i + n
		}
		i += n
	}
	return append(dst, s[run:]...)
}

// appendEscape appends the escape of a byte that cannot stand in a string.
func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\t':
		return append(dst, '\\', 't')
	case '\n':
		return append(dst, '\\', 'n')
	case '\f':
		return append(dst, '\\', 'f')
	case '\r':
		return append(dst, '\\', 'r')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xF])
}

// plainPrefix counts the bytes of b before the first one that a JSON string
// holds only escaped (a control, a quote, a backslash). ascii is false when there
// may be bytes past 0x7F among them.
func plainPrefix[T string | []byte](b T) (n int, ascii bool) {
	const (
		ones = 0x0101010101010101
		high = 0x8080808080808080
	)
	var seen uint64
	for ; n+8 <= len(b); n += 8 {
		w := b[n : n+8]
		x := uint64(w[0]) | uint64(w[1])<<8 | uint64(w[2])<<16 | uint64(w[3])<<24 |
			uint64(w[4])<<32 | uint64(w[5])<<40 | uint64(w[6])<<48 | uint64(w[7])<<56
		seen |= x
		// Eight bytes at once: a byte's high bit ends up set where it is under
		// 0x20, or where taking '"' or '\' from it leaves zero. A borrow can
		// mark later bytes wrongly, never the first one marked.
		quote, slash := x^('"'*ones), x^('\\'*ones)
		marks := ((x-' '*ones)&^x | (quote-ones)&^quote | (slash-ones)&^slash) & high
		if marks != 0 {
			return n + bits.TrailingZeros64(marks)/8, seen&high == 0
		}
	}
	for ; n < len(b); n++ {
		c := b[n]
		if c < ' ' || c == '"' || c == '\\' {
			break
		}
		seen |= uint64(c)
	}
	return n, seen&high == 0
}

// runeLen returns the length of the UTF-8 sequence at the start of s, whose first
// byte is past 0x7F. For an invalid one ok is false and n the length of its
// maximal subpart (Unicode, section 3.9, table 3-8), which is what one U+FFFD
// replaces in JavaScript's decoders.
func runeLen[T string | []byte](s T) (n int, ok bool) {
	lead := s[0]
	low, top := byte(0x80), byte(0xBF)
	switch {
	case 0xC2 <= lead && lead <= 0xDF:
		n = 2
	case 0xE0 <= lead && lead <= 0xEF:
		n = 3
	case 0xF0 <= lead && lead <= 0xF4:
		n = 4
	default:
		return 1, false
	}
	// The second byte of these shuts out overlong forms, surrogates and what
	// lies past U+10FFFF.
	switch lead {
	case 0xE0:
		low = 0xA0
	case 0xED:
		top = 0x9F
	case 0xF0:
		low = 0x90
	case 0xF4:
		top = 0x8F
	}
	for i := 1; i < n; i++ {
		if i >= len(s) || s[i] < low || s[i] > top {
			return i, false
		}
		low, top = 0x80, 0xBF
	}
	return n, true
}
