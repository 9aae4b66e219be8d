//go:build unix

package esjson

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"
)

// attacks returns texts of about size bytes that each aim at one way of being
// slower than linear.
func attacks(size int) map[string][]byte {
	fill := func(open, unit, end string) []byte {
		return []byte(open + strings.TrimSuffix(strings.Repeat(unit, size/len(unit)), ",") + end)
	}
	numbered := func(format string) []byte {
		var b strings.Builder
		b.WriteByte('{')
		for i := 0; b.Len() < size; i++ {
			fmt.Fprintf(&b, format, size-i)
		}
		return []byte(strings.TrimSuffix(b.String(), ",") + "}")
	}
	levels := DefaultDepth - 1
	return map[string][]byte{
		"one key again and again":           fill("{", `"a":0,`, "}"),
		"one index again and again":         fill("{", `"1":0,`, "}"),
		"distinct keys":                     numbered(`"k%d":0,`),
		"indices from high to low":          numbered(`"%d":0,`),
		"a long string under many rebuilds": []byte(strings.Repeat(`{"a":0,"1":`, levels) + `"` + strings.Repeat("x", size) + `"` + strings.Repeat("}", levels)),
		"a large object, then many of 17":   append(append([]byte("["), numbered(`"k%d":0,`)...), fill(",", `{"a":0,"b":0,"c":0,"d":0,"e":0,"f":0,"g":0,"h":0,"i":0,"j":0,"k":0,"l":0,"m":0,"n":0,"o":0,"p":0,"q":0},`, "]")...),
		"many objects to rebuild":           fill("[", `{"a":0,"1":0},`, "]"),
		"empty arrays":                      fill("[", "[],", "]"),
		"one number":                        fill("", "9", ""),
		"many slow numbers":                 fill("[", "1.7976931348623157e308,", "]"),
		"lone surrogates":                   fill(`"`, `\ud83d`, `"`),
		"not UTF-8":                         fill(`"`, "\xe2\x82", `"`),
		"quotes":                            fill(`"`, `\"`, `"`),
		"open brackets":                     fill("", "[", ""),
		"open objects":                      fill("", `{"a":`, ""),
		"white space":                       fill("", " ", ""),
	}
}

// cpuTime is what this process has used, which a busy machine does not change.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// TestAttacksStayLinear runs each attack at one size and at eight times that:
// the time may grow about as much, not with the square (64 times). Short times
// are noise and pass, and what took long once by chance does not when it is tried again.
func TestAttacksStayLinear(t *testing.T) {
	const small, factor = 32 << 10, 8
	cost := func(src []byte) time.Duration {
		best := time.Hour
		for range 2 {
			start := cpuTime(t)
			out, err := AppendStringify(nil, src, Limits{})
			best = min(best, cpuTime(t)-start)
			if err == nil && len(out) > 8*len(src) {
				t.Errorf("%d bytes became %d", len(src), len(out))
			}
		}
		return best
	}
	large := attacks(small * factor)
	for name, src := range attacks(small) {
		a, b := cost(src), cost(large[name])
		tooLong := func() bool { return b > 20*time.Millisecond && b > 4*factor*a }
		for tries := 0; tooLong() && tries < 10; tries++ {
			b = min(b, cost(large[name]))
		}
		t.Logf("%-34s %10v %10v", name, a, b)
		if tooLong() {
			t.Errorf("%s: %v at %d bytes, %v at %d", name, a, len(src), b, len(large[name]))
		}
	}
}
