package bench

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// stamp tells where a message is from: it is in the message's text, as
// sender:sequence:time:padding.
type stamp struct {
	sender, seq int
	sent        time.Duration // since the clock's start
}

// clock tells the time of a run. It does not jump, and its start is what
// stamps count from.
type clock struct{ start time.Time }

func newClock() clock { return clock{time.Now()} }

func (c clock) now() time.Duration { return time.Since(c.start) }

// appendText appends the text of a message, padded to size bytes. The time is
// in microseconds.
func appendText(dst []byte, s stamp, size int) []byte {
	from := len(dst)
	dst = strconv.AppendInt(dst, int64(s.sender), 10)
	dst = strconv.AppendInt(append(dst, ':'), int64(s.seq), 10)
	dst = strconv.AppendInt(append(dst, ':'), s.sent.Microseconds(), 10)
	dst = append(dst, ':')
	for len(dst)-from < size {
		dst = append(dst, 'x')
	}
	return dst
}

// parseText reads a text that appendText wrote, up to its padding.
func parseText(text []byte) (s stamp, ok bool) {
	var fields [3]int
	for i := range fields {
		n, digits := 0, 0
		for digits < len(text) && text[digits]-'0' <= 9 {
			n = n*10 + int(text[digits]-'0')
			digits++
		}
		if digits == 0 || digits > 18 || digits == len(text) || text[digits] != ':' {
			return stamp{}, false
		}
		fields[i], text = n, text[digits+1:]
	}
	const most = 1 << 43 // µs, 279 years: more does not fit a time.Duration
	if fields[2] > most {
		return stamp{}, false
	}
	return stamp{fields[0], fields[1], time.Duration(fields[2]) * time.Microsecond}, true
}

// eventPrefixes are the ways in which a delivery may start: the message in
// JSON within a string, as the chat relays it, or as the sender's object.
func eventPrefixes(event string) [][]byte {
	name := quoteJSON(event)
	return [][]byte{
		[]byte(`2[` + name + `,"{\"message\":\"`),
		[]byte(`2[` + name + `,{"message":"`),
	}
}

// quoteJSON is text as JSON.stringify writes it.
func quoteJSON(text string) string {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a string always has a form
	return strings.TrimSuffix(out.String(), "\n")
}

// parseDelivery reads the stamp of a delivery.
func parseDelivery(packet []byte, prefixes [][]byte) (s stamp, ok bool) {
	for _, prefix := range prefixes {
		if text, found := bytes.CutPrefix(packet, prefix); found {
			return parseText(text)
		}
	}
	return stamp{}, false
}
