package adapter

import (
	"strings"
	"unicode/utf8"
)

const replacement = "\uFFFD"

// repairUTF8 returns a copy of s in which every invalid sequence is replaced by
// U+FFFD as the WHATWG Encoding Standard has it, and with it every JavaScript
// decoder: one for each maximal subpart, the longest start of a sequence that
// could still have become valid. A byte order mark is kept. It also returns
// whether there was anything to replace.
func repairUTF8(s string) (repaired []byte, changed bool) {
	if utf8.ValidString(s) {
		return []byte(s), false
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	valid := 0 // where the run of valid bytes began
	for i := 0; i < len(s); {
		if _, size := utf8.DecodeRuneInString(s[i:]); size > 1 || s[i] < utf8.RuneSelf {
			i += size
			continue
		}
		b.WriteString(s[valid:i])
		b.WriteString(replacement)
		i += maximalSubpart(s[i:])
		valid = i
	}
	b.WriteString(s[valid:])
	return []byte(b.String()), true
}

// maximalSubpart is the length of the start of s, which begins with an invalid
// sequence, that one U+FFFD stands for.
func maximalSubpart(s string) int {
	need, low, high := 0, byte(0x80), byte(0xBF) // continuation bytes; bounds of the first
	switch c := s[0]; {
	case c >= 0xC2 && c <= 0xDF:
		need = 1
	case c >= 0xE0 && c <= 0xEF:
		need = 2
		switch c {
		case 0xE0:
			low = 0xA0 // below is an overlong form
		case 0xED:
			high = 0x9F // above is a surrogate
		}
	case c >= 0xF0 && c <= 0xF4:
		need = 3
		switch c {
		case 0xF0:
			low = 0x90 // below is an overlong form
		case 0xF4:
			high = 0x8F // above is past U+10FFFF
		}
	}
	n := 1
	for ; n <= need && n < len(s) && s[n] >= low && s[n] <= high; n++ {
		low, high = 0x80, 0xBF
	}
	return n
}
