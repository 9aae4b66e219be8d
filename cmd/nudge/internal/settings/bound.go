package settings

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// Bound is the most there may be of something, a whole number; 0 is no bound.
func Bound(to *int) pflag.Value {
	return &value[int]{to: to, kind: "count", show: strconv.Itoa, parse: func(s string) (int, error) {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil || n < 0 {
			return 0, errors.New("want a whole number, or 0 for no bound")
		}
		return n, nil
	}}
}

// Rate is the most there may be of something in a second; 0 is no bound.
func Rate(to *float64) pflag.Value {
	show := func(r float64) string { return strconv.FormatFloat(r, 'f', -1, 64) }
	return &value[float64]{to: to, kind: "rate", show: show, parse: func(s string) (float64, error) {
		r, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		if err != nil || !(r >= 0) || math.IsInf(r, 0) {
			return 0, errors.New("want how many a second, such as 100 or 0.5, or 0 for no bound")
		}
		return r, nil
	}}
}
