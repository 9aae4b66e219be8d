package settings

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// sizeUnits are the units a size may have, in powers of 1000 and of 1024.
var sizeUnits = map[string]int{
	"": 1, "b": 1,
	"kb": 1e3, "mb": 1e6, "gb": 1e9,
	"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30,
}

// Size is a number of bytes, at least 1: a whole number, then optionally B, KB,
// MB, GB (powers of 1000), KiB, MiB or GiB (powers of 1024), in any case.
func Size(to *int) pflag.Value {
	return &value[int]{to: to, kind: "size", show: strconv.Itoa, parse: parseSize}
}

// SizeFrom is a number of bytes as Size is, and at least so many.
func SizeFrom(to *int, least int) pflag.Value {
	return &value[int]{to: to, kind: "size", show: strconv.Itoa, parse: func(s string) (int, error) {
		n, err := parseSize(s)
		if err == nil && n < least {
			return 0, fmt.Errorf("want at least %d bytes", least)
		}
		return n, err
	}}
}

// SizeBound is a number of bytes as Size is, or 0 for no bound.
func SizeBound(to *int) pflag.Value {
	return &value[int]{to: to, kind: "size", show: strconv.Itoa, parse: func(s string) (int, error) {
		if strings.TrimSpace(s) == "0" {
			return 0, nil
		}
		return parseSize(s)
	}}
}

func parseSize(s string) (int, error) {
	s = strings.TrimSpace(s)
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	unit, known := sizeUnits[strings.ToLower(strings.TrimSpace(s[digits:]))]
	n, err := strconv.Atoi(s[:digits])
	switch {
	case errors.Is(err, strconv.ErrRange), known && n > math.MaxInt/unit:
		return 0, errors.New("that many bytes cannot be")
	case err != nil, !known:
		return 0, errors.New("want bytes as a whole number, with a unit if you like: 1000000, 1MB (1000 KB) or 512KiB (512 × 1024)")
	case n < 1:
		return 0, errors.New("want at least 1 byte")
	}
	return n * unit, nil
}
