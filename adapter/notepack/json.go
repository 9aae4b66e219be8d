package notepack

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"nudge/adapter/esjson"
)

// AppendJSON takes a value and appends JSON that means what JSON.stringify gives
// for it in Node: a Buffer as {"type":"Buffer","data":[…]}, a date in its ISO form,
// an ArrayBuffer as {}, NaN and infinities as null. Undefined is null, but a
// property that is undefined is left out. Members are in the order that they were
// sent in, each as often as it was.
func (r *Reader) AppendJSON(dst []byte) ([]byte, error) {
	t, err := r.Next()
	if err != nil {
		return dst, err
	}
	return r.appendJSON(dst, t)
}

func (r *Reader) appendJSON(dst []byte, t Token) ([]byte, error) {
	switch t.Kind {
	case Bool:
		return strconv.AppendBool(dst, t.Number == 1), nil
	case Number:
		return esjson.AppendNumber(dst, t.Number), nil
	case String:
		return esjson.AppendString(dst, t.Bytes), nil
	case Binary:
		return esjson.AppendBuffer(dst, t.Bytes), nil
	case ArrayBuffer:
		return append(dst, "{}"...), nil
	case Extension:
		dst = strconv.AppendInt(append(dst, '['), int64(t.Type), 10)
		return append(esjson.AppendBuffer(append(dst, ','), t.Bytes), ']'), nil
	case Date:
		return appendDate(dst, t.Number), nil
	case Array:
		return r.appendArray(dst, t)
	case Map:
		return r.appendObject(dst, t)
	}
	return append(dst, "null"...), nil
}

func (r *Reader) appendArray(dst []byte, t Token) ([]byte, error) {
	dst = append(dst, '[')
	for i := range t.Len {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = r.AppendJSON(dst); err != nil {
			return dst, err
		}
	}
	r.Leave()
	return append(dst, ']'), nil
}

func (r *Reader) appendObject(dst []byte, t Token) ([]byte, error) {
	dst = append(dst, '{')
	first := true
	for range t.Len {
		key, err := r.Key()
		if err != nil {
			return dst, err
		}
		head, err := r.Next()
		if err != nil {
			return dst, err
		}
		if head.Kind == Undefined || key == prototype {
			if err := r.SkipRest(head); err != nil {
				return dst, err
			}
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(esjson.AppendString(dst, key), ':')
		if dst, err = r.appendJSON(dst, head); err != nil {
			return dst, err
		}
	}
	r.Leave()
	return append(dst, '}'), nil
}

// AppendDateJSON appends Date.prototype.toISOString as a JSON string.
func AppendDateJSON(dst []byte, t time.Time) []byte {
	return appendDate(dst, float64(t.UnixMilli()))
}

// appendDate appends Date.prototype.toISOString, or null for what is no date.
func appendDate(dst []byte, ms float64) []byte {
	if math.Abs(ms) > maxDate {
		return append(dst, "null"...)
	}
	t := time.UnixMilli(int64(ms)).UTC()
	dst = append(dst, '"')
	switch year := t.Year(); {
	case 0 <= year && year <= 9999:
		dst = fmt.Appendf(dst, "%04d", year)
	default:
		dst = fmt.Appendf(dst, "%+07d", year)
	}
	return t.AppendFormat(dst, `-01-02T15:04:05.000Z"`)
}
