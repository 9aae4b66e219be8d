package notepack

import (
	"encoding/binary"
	"math"
	"time"
)

// AppendNil appends null.
func AppendNil(dst []byte) []byte { return append(dst, 0xc0) }

// AppendBool appends true or false.
func AppendBool(dst []byte, b bool) []byte {
	if b {
		return append(dst, 0xc3)
	}
	return append(dst, 0xc2)
}

// AppendInt appends a whole number in its shortest form.
func AppendInt(dst []byte, n int64) []byte {
	switch {
	case n >= 0:
		return AppendUint(dst, uint64(n))
	case n >= -0x20:
		return append(dst, byte(n))
	case n >= math.MinInt8:
		return append(dst, 0xd0, byte(n))
	case n >= math.MinInt16:
		return binary.BigEndian.AppendUint16(append(dst, 0xd1), uint16(n))
	case n >= math.MinInt32:
		return binary.BigEndian.AppendUint32(append(dst, 0xd2), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, 0xd3), uint64(n))
}

// AppendUint appends a whole number in its shortest form.
func AppendUint(dst []byte, n uint64) []byte {
	switch {
	case n < 0x80:
		return append(dst, byte(n))
	case n <= math.MaxUint32:
		return appendLength(dst, n, 0xcc)
	}
	return binary.BigEndian.AppendUint64(append(dst, 0xcf), n)
}

// appendLength appends first, first+1 or first+2, and n in one, two or four bytes.
func appendLength(dst []byte, n uint64, first byte) []byte {
	if n <= math.MaxUint8 {
		return append(dst, first, byte(n))
	}
	return appendLong(dst, n, first+1)
}

// appendLong appends first or first+1, and n in two or four bytes.
func appendLong(dst []byte, n uint64, first byte) []byte {
	if n <= math.MaxUint16 {
		return binary.BigEndian.AppendUint16(append(dst, first), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(dst, first+1), uint32(n))
}

// AppendNumber appends a number of JavaScript's, as a whole one where it is.
func AppendNumber(dst []byte, f float64) []byte {
	// Past 2^63 notepack's own whole numbers are other ones.
	if n := int64(f); float64(n) == f && math.Abs(f) < 1<<63 {
		return AppendInt(dst, n)
	}
	return binary.BigEndian.AppendUint64(append(dst, 0xcb), math.Float64bits(f))
}

// AppendString appends a string, of less than 4 GiB.
func AppendString(dst []byte, s string) []byte {
	if n := len(s); n < 0x20 {
		dst = append(dst, 0xa0|byte(n))
	} else {
		dst = appendLength(dst, uint64(n), 0xd9)
	}
	return append(dst, s...)
}

// AppendBinary appends what Node reads as a Buffer, of less than 4 GiB.
func AppendBinary(dst, b []byte) []byte {
	return append(appendLength(dst, uint64(len(b)), 0xc4), b...)
}

// AppendDate appends a Date of JavaScript's, which counts milliseconds, as
// notepack.io 2 does.
func AppendDate(dst []byte, t time.Time) []byte {
	return binary.BigEndian.AppendUint64(append(dst, 0xd7, 0), uint64(t.UnixMilli()))
}

// AppendTimestamp appends a Date as notepack.io 3 does: a timestamp of MessagePack,
// of whole milliseconds.
func AppendTimestamp(dst []byte, t time.Time) []byte {
	ms := t.UnixMilli()
	s := ms / 1000
	if ms%1000 < 0 {
		s--
	}
	ns := uint64(ms-s*1000) * 1e6
	switch {
	case s >= 0 && ns == 0 && s <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(dst, 0xd6, 0xff), uint32(s))
	case s >= 0 && s < 1<<34:
		return binary.BigEndian.AppendUint64(append(dst, 0xd7, 0xff), ns<<34|uint64(s))
	}
	dst = binary.BigEndian.AppendUint32(append(dst, 0xc7, 12, 0xff), uint32(ns))
	return binary.BigEndian.AppendUint64(dst, uint64(s))
}

// AppendArray appends the head of an array; its n elements follow.
func AppendArray(dst []byte, n int) []byte {
	if n < 0x10 {
		return append(dst, 0x90|byte(n))
	}
	return appendLong(dst, uint64(n), 0xdc)
}

// AppendMap appends the head of a map; its n pairs of key and value follow.
func AppendMap(dst []byte, n int) []byte {
	if n < 0x10 {
		return append(dst, 0x80|byte(n))
	}
	return appendLong(dst, uint64(n), 0xde)
}
