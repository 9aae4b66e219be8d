package engineio

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// packets3 is what a payload of revision 3 holds: texts, and binary packets in
// angle brackets.
func packets3(payload []byte, binary bool) (packets []string, err error) {
	for len(payload) > 0 {
		var packet []byte
		var isBinary bool
		if binary {
			packet, isBinary, payload, err = cutBinaryPacket3(payload)
		} else {
			packet, payload, err = cutPacket3(payload)
		}
		if err != nil {
			return packets, err
		}
		if isBinary {
			packets = append(packets, fmt.Sprintf("<%x>", packet))
		} else {
			packets = append(packets, string(packet))
		}
	}
	return packets, nil
}

// Both forms are as engine.io-parser 2 writes them.
func TestPayload3(t *testing.T) {
	text := func(s string) []byte { return newFrame(ws.OpText, "", []byte(s)) }
	binary := func(b ...byte) []byte { return newFrame(ws.OpBinary, "", b) }
	for _, c := range []struct {
		name    string
		frames  [][]byte
		payload string
		packets []string
	}{
		{"text", [][]byte{text("4hello"), text("2")}, "6:4hello1:2", []string{"4hello", "2"}},
		{"two bytes, one unit", [][]byte{text("4é€")}, "3:4é€", []string{"4é€"}},
		{"four bytes, two units", [][]byte{text("4😀"), text("6")}, "3:4😀1:6", []string{"4😀", "6"}},
		{"colons and digits", [][]byte{text("43:4a")}, "5:43:4a", []string{"43:4a"}},
		{"base64", [][]byte{text("b4AQID")}, "6:b4AQID", []string{"b4AQID"}},
		{"long", [][]byte{text("4" + strings.Repeat("x", 12344))}, "12345:4" + strings.Repeat("x", 12344),
			[]string{"4" + strings.Repeat("x", 12344)}},
		{"binary", [][]byte{binary(4, 1, 255)}, "\x01\x03\xff\x04\x01\xff", []string{"<0401ff>"}},
		{"binary and text", [][]byte{text("4é😀"), binary(4), binary(4, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)},
			"\x00\x07\xff4é😀" + "\x01\x01\xff\x04" + "\x01\x01\x01\xff\x04\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09",
			[]string{"4é😀", "<04>", "<0400010203040506070809>"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			payload := payload3Of(c.frames...)
			if string(payload) != c.payload {
				t.Errorf("encoded %q\nwant %q", payload, c.payload)
			}
			packets, err := packets3([]byte(c.payload), isBinaryPayload([]byte(c.payload)))
			if err != nil || !slices.Equal(packets, c.packets) {
				t.Errorf("decoded %q, %v\nwant %q", packets, err, c.packets)
			}
		})
	}
}

func TestBadPayload3(t *testing.T) {
	for _, c := range []struct {
		payload string
		binary  bool
	}{
		{"", false}, {"4hello", false}, {":4", false}, {"-1:4", false}, {"+1:4", false}, {"1e1:4", false}, {"0x1:4", false},
		{"6:4hell", false}, {"5:4hello", false}, {"2:4😀", false}, {"99999999999:4", false}, {"1", false}, {"1:4\xff", false},
		{"4:4\xff\xfe\xfd", false},
		{"", true}, {"6:4hello", true}, {"\x00\xff4", true}, {"\x00\x01", true}, {"\x00\x01\xff", true}, {"\x02\x01\xff4", true},
		{"\x00\x0a\xff4123456789", true}, {"\x00\x02\xff4", true}, {"\x00\x01\xff\xff", true}, {"\x01\x00\xff", true},
		{"\x01\x01\xff4", true}, {"\x01\x02\xff\x02a", true}, {"\x00" + strings.Repeat("\x09", 400) + "\xff4", true},
	} {
		t.Run(fmt.Sprintf("%.20q", c.payload), func(t *testing.T) {
			srv := New(Config{})
			defer srv.Close()
			s := &Socket{srv: srv, revision: revision3}
			if err := s.receivePayload3([]byte(c.payload), c.binary, nil); !errors.Is(err, errPacket) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func FuzzPayload3(f *testing.F) {
	f.Add([]byte("6:4hello1:2"), false)
	f.Add([]byte("3:4😀6:b4AQID"), false)
	f.Add([]byte("\x00\x07\xff4é😀\x01\x03\xff\x04\x01\xff"), true)
	f.Fuzz(func(t *testing.T, payload []byte, binary bool) {
		srv := New(Config{AllowEIO3: true})
		defer srv.Close()
		s := &Socket{srv: srv, revision: revision3}
		if err := s.receivePayload3(bytes.Clone(payload), binary, nil); err != nil && !errors.Is(err, ErrProtocol) {
			t.Fatalf("an error of no known kind: %v", err)
		}
		if !binary && !utf8.Valid(payload) {
			return // goes no further
		}
		packets, err := packets3(payload, binary)
		if err != nil {
			return
		}
		// What was read is written in one way, which reads the same.
		var frames [][]byte
		written := false
		for _, packet := range packets {
			op := ws.OpText
			if binary && strings.HasPrefix(packet, "<") {
				op, written = ws.OpBinary, true
			}
			frames = append(frames, newFrame(op, "", []byte(packet)))
		}
		again, err := packets3(payload3Of(frames...), written)
		if err != nil || len(again) != len(packets) {
			t.Fatalf("%q came back as %q, %v", packets, again, err)
		}
	})
}
