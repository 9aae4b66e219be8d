package esjson

import (
	"math"
	"strconv"
)

// exactDigits is how many significant decimal digits every double keeps apart:
// a decimal of so many digits is also the shortest one for its double.
const exactDigits = 15

// AppendNumber appends f as JSON.stringify writes a number: Number::toString in
// base ten, -0 as 0, and null for what JSON has no number for (NaN, ±Inf).
func AppendNumber(dst []byte, f float64) []byte {
	abs := math.Abs(f)
	switch {
	case f == 0:
		return append(dst, '0')
	case math.IsNaN(f) || math.IsInf(f, 0):
		return append(dst, "null"...)
	case 1e-6 <= abs && abs < 1e21:
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
	// Go pads the exponent to two digits, JavaScript does not. Only negative ones
	// of this range can be a single digit.
	if n := len(dst); dst[n-3] == '-' && dst[n-2] == '0' {
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst
}

// NumberText is JavaScript's String(f): unlike in JSON, NaN and infinities have a
// form.
func NumberText(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case math.IsNaN(f):
		return "NaN"
	}
	return string(AppendNumber(nil, f))
}

// number takes a number. same reports that JSON.stringify would write it as it
// stands, which is known without arithmetic for most numbers seen.
func (s *Scanner) number() (token []byte, same bool, err error) {
	start := s.pos
	negative := s.accept('-')
	whole := s.pos
	switch c := s.at(); {
	case c == '0':
		s.pos++
	case '1' <= c && c <= '9':
		s.digits()
	case negative:
		return nil, false, s.unexpected("a digit")
	default:
		return nil, false, s.unexpected("a value")
	}
	zero := s.src[whole] == '0'
	same = !negative || !zero
	if s.accept('.') {
		fraction := s.pos
		if s.digits() == 0 {
			return nil, false, s.unexpected("a digit")
		}
		same = s.src[s.pos-1] != '0' && (!zero || leadingZeros(s.src[fraction:s.pos]) < 6)
	}
	same = same && s.pos-whole <= exactDigits
	if c := s.at(); c == 'e' || c == 'E' {
		same = false
		s.pos++
		if !s.accept('+') {
			s.accept('-')
		}
		if s.digits() == 0 {
			return nil, false, s.unexpected("a digit")
		}
	}
	return s.src[start:s.pos], same, nil
}

// toNumber gives the double nearest to a valid number token, ±Inf past the
// largest one.
func toNumber(token []byte) float64 {
	// The only error left is ErrRange, and then f is the infinity wanted.
	f, _ := strconv.ParseFloat(string(token), 64)
	return f
}

func (s *Scanner) at() byte {
	if s.pos < len(s.src) {
		return s.src[s.pos]
	}
	return 0
}

func (s *Scanner) accept(c byte) bool {
	if s.at() != c {
		return false
	}
	s.pos++
	return true
}

// digits passes over decimal digits and returns how many there were.
func (s *Scanner) digits() int {
	start := s.pos
	for s.pos < len(s.src) && '0' <= s.src[s.pos] && s.src[s.pos] <= '9' {
		s.pos++
	}
	return s.pos - start
}

func leadingZeros(digits []byte) int {
	n := 0
	for n < len(digits) && digits[n] == '0' {
		n++
	}
	return n
}
