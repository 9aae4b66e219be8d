package dotenv

import (
	"slices"
	"strings"
)

// readValue reads the value at v: a quoted one where the quotes close and
// nothing but a comment follows them on the line, else all up to # or the
// line's end.
func readValue(src string, v int) (value string, end int) {
	if open := skipSpace(src, v); open < len(src) && isQuote(src[open]) {
		for _, closing := range closings(src, open) {
			if end, ok := readTail(src, closing+1); ok {
				return src[v : closing+1], end
			}
		}
	}
	stop := len(src)
	if n := strings.IndexAny(src[v:], "#\n"); n >= 0 {
		stop = v + n
	}
	end, _ = readTail(src, stop) // at # or a line's end there always is one
	return src[v:stop], end
}

// closings returns where the quote opened at open may close, the likeliest
// first: at the first one without a backslash before it, else at those with
// one, from the last.
func closings(src string, open int) []int {
	var plain, escaped []int
	for i := open + 1; i < len(src); i++ {
		if src[i] == '\\' && i+1 < len(src) && src[i+1] == src[open] {
			i++
			escaped = append(escaped, i)
		} else if src[i] == src[open] {
			plain = []int{i}
			break
		}
	}
	slices.Reverse(escaped)
	return append(plain, escaped...)
}

// readTail reads what may follow a value: space, a comment, the line's end. The
// space may run over lines, and a comment after it still belongs to the tail.
func readTail(src string, i int) (end int, ok bool) {
	run := skipSpace(src, i)
	switch {
	case run == len(src):
		return run, true
	case src[run] == '#':
		return lineEnd(src, run), true
	}
	if last := strings.LastIndexAny(src[i:run], terminators); last >= 0 {
		return i + last, true
	}
	return 0, false
}

// unquote turns a value as written into what it stands for.
func unquote(written string) string {
	value := trimSpace(written)
	unquoted := stripQuotes(value)
	if strings.HasPrefix(value, `"`) {
		unquoted = strings.ReplaceAll(unquoted, `\n`, "\n")
		unquoted = strings.ReplaceAll(unquoted, `\r`, "\r")
	}
	return unquoted
}

// stripQuotes drops a pair of quotes that starts a line and ends one. That is
// the whole value but for lines split at U+2028 or U+2029, which JavaScript
// counts as line ends and an unquoted value may hold.
func stripQuotes(value string) string {
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		if isQuote(value[i]) && lineStart(value, i) == i {
			if j := lastClosing(value, i); j > i {
				b.WriteString(value[i+1 : j])
				i = j
				continue
			}
		}
		b.WriteByte(value[i])
	}
	return b.String()
}

// lastClosing returns the last place after open where the same quote ends a
// line, or -1.
func lastClosing(value string, open int) int {
	for j := len(value) - 1; j > open; j-- {
		if value[j] == value[open] && lineEnd(value, j+1) == j+1 {
			return j
		}
	}
	return -1
}

func isQuote(c byte) bool { return c == '\'' || c == '"' || c == '`' }
