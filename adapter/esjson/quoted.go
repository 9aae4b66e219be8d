package esjson

import (
	"unicode/utf8"
	"unsafe"
)

// stringForm says how far a string token is from what it stands for.
type stringForm uint8

const (
	formPlain   stringForm = iota // its body is the value
	formEscaped                   // escaped just as JSON.stringify would
	formOther                     // has other escapes, or bytes that are not UTF-8
)

// str takes a string and returns its token, quotes and all.
func (s *Scanner) str() ([]byte, stringForm, error) {
	start := s.pos
	i := start + 1
	form, ascii := formPlain, true
	for {
		n, a := plainPrefix(s.src[i:])
		ascii = ascii && a
		i += n
		if i >= len(s.src) {
			return nil, 0, syntaxError(i, "end of text inside a string")
		}
		switch s.src[i] {
		case '"':
			s.pos = i + 1
			token := s.src[start:s.pos]
			if !ascii && !utf8.Valid(token) {
				form = formOther
			}
			return token, form, nil
		case '\\':
			n, f := escapeLen(s.src[i:])
			if n == 0 {
				return nil, 0, syntaxError(i, "bad escape in a string")
			}
			form = max(form, f)
			i += n
		default:
			return nil, 0, syntaxError(i, "raw control character in a string")
		}
	}
}

// escapeLen returns the length of the escape at the start of b, or 0 if it is
// none.
func escapeLen(b []byte) (int, stringForm) {
	if len(b) < 2 {
		return 0, 0
	}
	switch b[1] {
	case '"', '\\', 'b', 'f', 'n', 'r', 't':
		return 2, formEscaped
	case '/':
		return 2, formOther
	case 'u':
		if _, ok := hex4(b[2:]); ok {
			return 6, formOther
		}
	}
	return 0, 0
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range b[:4] {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case 'A' <= c && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// unit takes the \u escape at the start of b, with the one after it when they are
// the two halves of a surrogate pair. r is a lone surrogate when they are not.
func unit(b []byte) (r rune, n int) {
	r, _ = hex4(b[2:])
	if 0xD800 <= r && r <= 0xDBFF && len(b) >= 12 && b[6] == '\\' && b[7] == 'u' {
		if low, ok := hex4(b[8:]); ok && 0xDC00 <= low && low <= 0xDFFF {
			return (r-0xD800)<<10 + (low - 0xDC00) + 0x10000, 12
		}
	}
	return r, 6
}

func isSurrogate(r rune) bool { return 0xD800 <= r && r <= 0xDFFF }

// appendQuoted appends a string token as JSON.stringify writes its value.
func appendQuoted(dst, token []byte, form stringForm) []byte {
	if form != formOther {
		return append(dst, token...)
	}
	body := token[1 : len(token)-1]
	dst = append(dst, '"')
	for len(body) > 0 {
		n := rawLen(body)
		dst = AppendValid(dst, body[:n])
		body = body[n:]
		if len(body) == 0 {
			break
		}
		n = 2
		switch body[1] {
		case 'u':
			var r rune
			r, n = unit(body)
			switch {
			case isSurrogate(r):
				dst = append(dst, '\\', 'u', 'd', hexDigits[r>>8&0xF], hexDigits[r>>4&0xF], hexDigits[r&0xF])
			case r < ' ' || r == '"' || r == '\\':
				dst = appendEscape(dst, byte(r))
			default:
				dst = utf8.AppendRune(dst, r)
			}
		case '/':
			dst = append(dst, '/')
		default:
			dst = append(dst, body[:2]...)
		}
		body = body[n:]
	}
	return append(dst, '"')
}

// unquote returns the value of a string token. A Go string cannot hold a lone
// surrogate: U+FFFD stands for it.
func unquote(token []byte, form stringForm) string {
	body := token[1 : len(token)-1]
	if form == formPlain {
		return string(body)
	}
	out := make([]byte, 0, len(body))
	for len(body) > 0 {
		n := rawLen(body)
		out = AppendValid(out, body[:n])
		body = body[n:]
		if len(body) == 0 {
			break
		}
		n = 2
		switch c := body[1]; c {
		case 'u':
			var r rune
			r, n = unit(body)
			out = utf8.AppendRune(out, r) // a surrogate is written as U+FFFD
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		default:
			out = append(out, c)
		}
		body = body[n:]
	}
	return unsafe.String(unsafe.SliceData(out), len(out)) // nobody else has it
}

// rawLen counts the bytes before the next backslash.
func rawLen(body []byte) int {
	n, _ := plainPrefix(body)
	return n
}
