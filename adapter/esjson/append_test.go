package esjson

import (
	"math"
	"strings"
	"testing"
)

func TestAppendString(t *testing.T) {
	long := strings.Repeat("0123456789abcdef", 8)
	for in, want := range map[string]string{
		"":                             `""`,
		"hello":                        `"hello"`,
		long:                           `"` + long + `"`,
		long + "\n":                    `"` + long + `\n"`,
		"say \"hi\" \\ /":              `"say \"hi\" \\ /"`,
		"\b\t\n\f\r":                   `"\b\t\n\f\r"`,
		"\x00\x01\x0b\x1f\x7f":         `"\u0000\u0001\u000b\u001f` + "\x7f\"",
		"<a href='x'>&</a>":            `"<a href='x'>&</a>"`,
		"\u2028\u2029":                 "\"\u2028\u2029\"",
		"é中😀":                          `"é中😀"`,
		"\xff":                         "\"\uFFFD\"",
		"a\xe2\x82":                    "\"a\uFFFD\"",
		"\xe2\x82x\xc3\"":              "\"\uFFFDx\uFFFD\\\"\"",
		"\xed\xa0\x80":                 "\"\uFFFD\uFFFD\uFFFD\"",
		"\xf0\x9f\x98\xf0\x9f\x98\x80": "\"\uFFFD😀\"",
		long + "\xff" + long:           `"` + long + "\uFFFD" + long + `"`,
	} {
		if got := string(AppendString([]byte("="), in)); got != "="+want {
			t.Errorf("AppendString(%q) = %s, want %s", in, got[1:], want)
		}
		if got := string(AppendString([]byte("="), []byte(in))); got != "="+want {
			t.Errorf("AppendString([]byte(%q)) = %s, want %s", in, got[1:], want)
		}
	}
}

func TestPlainPrefixStopsAtEveryPlace(t *testing.T) {
	for length := range 40 {
		for at := range length {
			for _, c := range []byte{'"', '\\', 0, '\n', 0x1F} {
				b := []byte(strings.Repeat("!", length))
				b[at] = c
				if n, ascii := plainPrefix(b); n != at || !ascii {
					t.Fatalf("byte %#x at %d of %d: got %d, %v", c, at, length, n, ascii)
				}
			}
			b := []byte(strings.Repeat("]", length))
			b[at] = 0x80
			if n, ascii := plainPrefix(b); n != length || ascii {
				t.Fatalf("byte 0x80 at %d of %d: got %d, %v", at, length, n, ascii)
			}
		}
	}
}

func TestNumberText(t *testing.T) {
	for want, f := range map[string]float64{
		"NaN": math.NaN(), "Infinity": math.Inf(1), "-Infinity": math.Inf(-1), "0": math.Copysign(0, -1), "1.5": 1.5, "1e+21": 1e21,
	} {
		if got := NumberText(f); got != want {
			t.Errorf("NumberText(%g) = %s, want %s", f, got, want)
		}
	}
}

func TestAppendNumber(t *testing.T) {
	for _, c := range []struct {
		in   float64
		want string
	}{
		{0, "0"},
		{math.Copysign(0, -1), "0"},
		{1, "1"},
		{-1.5, "-1.5"},
		{math.NaN(), "null"},
		{math.Inf(1), "null"},
		{math.Inf(-1), "null"},
		{12345678901234567890, "12345678901234567000"},
		{999999999999999999999, "1e+21"},
		{1e20, "100000000000000000000"},
		{-1e21, "-1e+21"},
		{1e100, "1e+100"},
		{1e-6, "0.000001"},
		{1e-7, "1e-7"},
		{-1.5e-9, "-1.5e-9"},
		{1e-10, "1e-10"},
		{math.SmallestNonzeroFloat64, "5e-324"},
		{math.MaxFloat64, "1.7976931348623157e+308"},
	} {
		if got := string(AppendNumber(nil, c.in)); got != c.want {
			t.Errorf("AppendNumber(%g) = %s, want %s", c.in, got, c.want)
		}
	}
}
