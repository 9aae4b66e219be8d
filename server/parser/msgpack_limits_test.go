package parser

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"runtime"
	"strings"
	"testing"

	sio "github.com/zishang520/socket.io-go-parser/v2/parser"

	"nudge/adapter/notepack"
)

// packedEvent is the message of an EVENT with one more argument, as it stands.
func packedEvent(argument ...byte) []byte {
	return append([]byte("\x83\xa4type\x02\xa3nsp\xa1/\xa4data\x92\xa1e"), argument...)
}

func TestMsgpackRefuses(t *testing.T) {
	deep := func(depth int, head string) []byte {
		return packedEvent([]byte(strings.Repeat(head, depth-1) + "\xc0")...)
	}
	for name, tt := range map[string]struct {
		message any
		cfg     Config
		want    error // beside ErrPacket
	}{
		"text":               {message: "40"},
		"engine's text":      {message: engineMessage{[]byte("40"), false}},
		"no message":         {message: 7},
		"empty":              {message: []byte{}, want: notepack.ErrSyntax},
		"JSON":               {message: []byte(`2["e"]`)},
		"unused byte":        {message: packedEvent(0xc1), want: notepack.ErrSyntax},
		"missing argument":   {message: packedEvent(), want: notepack.ErrSyntax},
		"trailing byte":      {message: packedEvent(0xc0, 0xc0), want: notepack.ErrSyntax},
		"short number":       {message: packedEvent(0xcf, 0, 0, 0, 0, 0, 0, 0), want: notepack.ErrSyntax},
		"short float":        {message: packedEvent(0xcb, 0), want: notepack.ErrSyntax},
		"short length":       {message: packedEvent(0xdb, 0xff, 0xff), want: notepack.ErrSyntax},
		"long string":        {message: packedEvent(0xdb, 0xff, 0xff, 0xff, 0xff, 'x'), want: notepack.ErrSyntax},
		"long binary":        {message: packedEvent(0xc6, 0xff, 0xff, 0xff, 0xff, 1), want: notepack.ErrSyntax},
		"long ArrayBuffer":   {message: packedEvent(0xc9, 0xff, 0xff, 0xff, 0xff, 0, 1), want: notepack.ErrSyntax},
		"extension untyped":  {message: packedEvent(0xc7, 1), want: notepack.ErrSyntax},
		"long array":         {message: packedEvent(0xdd, 0xff, 0xff, 0xff, 0xff, 0xc0), want: notepack.ErrSyntax},
		"long map":           {message: packedEvent(0xdf, 0xff, 0xff, 0xff, 0xff, 0xc0, 0xc0), want: notepack.ErrSyntax},
		"half a pair":        {message: packedEvent(0x81, 0xc0), want: notepack.ErrSyntax},
		"key is an array":    {message: packedEvent(0x81, 0x90, 0xc0), want: notepack.ErrSyntax},
		"short undefined":    {message: packedEvent(0xd4, 0), want: notepack.ErrSyntax},
		"short date":         {message: packedEvent(0xd7, 0, 1), want: notepack.ErrSyntax},
		"513 arrays":         {message: deep(513, "\x91"), want: notepack.ErrDepth},
		"513 maps":           {message: deep(513, "\x81\xa0"), want: notepack.ErrDepth},
		"depth by Config":    {message: deep(4, "\x91"), cfg: Config{MaxDepth: 3}, want: notepack.ErrDepth},
		"elements by Config": {message: packedEvent(0x93, 1, 2, 3), cfg: Config{MaxElements: 10}, want: notepack.ErrElements},
		"elements":           {message: packedEvent(append([]byte{0xdd, 0, 0x07, 0xa1, 0x20}, make([]byte, 500_000)...)...), want: notepack.ErrElements},
		"elements outside":   {message: append([]byte("\x81\xa1x\xdd\x00\x07\xa1\x20"), make([]byte, 500_000)...), want: notepack.ErrElements},
		"event without name": {message: []byte("\x83\xa4type\x02\xa3nsp\xa1/\xa4data\x90")},
		"name is null":       {message: []byte("\x83\xa4type\x02\xa3nsp\xa1/\xa4data\x91\xc0")},
		"name is reserved":   {message: []byte("\x83\xa4type\x02\xa3nsp\xa1/\xa4data\x91\xaadisconnect")},
		"no slash":           {message: []byte("\x82\xa4type\x00\xa3nsp\xa1x")},
		"nsp is not UTF-8":   {message: []byte("\x82\xa4type\x00\xa3nsp\xa2/\xff")},
		"negative id":        {message: []byte("\x84\xa4type\x03\xa3nsp\xa1/\xa4data\x90\xa2id\xff")},
		"huge id":            {message: []byte("\x84\xa4type\x03\xa3nsp\xa1/\xa4data\x90\xa2id\xcf\x00\x20\x00\x00\x00\x00\x00\x00")},
	} {
		t.Run(name, func(t *testing.T) {
			packet, err := readMsgpack(NewMsgpack(tt.cfg), tt.message)
			if packet != nil || !errors.Is(err, ErrPacket) || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("%+v, %v", packet, err)
			}
		})
	}
}

// TestMsgpackTakesUpToTheLimits: one less of each is taken.
func TestMsgpackTakesUpToTheLimits(t *testing.T) {
	elements := packedEvent(append([]byte{0xdd, 0, 0x07, 0xa1, 0x20 - 8}, make([]byte, 500_000-8)...)...)
	for name, message := range map[string][]byte{
		"512 levels": packedEvent([]byte(strings.Repeat("\x91", 510) + "\xc0")...),
		"elements":   elements, // 6 and 2 more are the packet's own
		"largest id": []byte("\x84\xa4type\x03\xa3nsp\xa1/\xa4data\x90\xa2id\xcf\x00\x1f\xff\xff\xff\xff\xff\xff"),
	} {
		if packet, err := readMsgpack(NewMsgpack(Config{}), message); packet == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestMsgpackSharesNothing: the engine's buffer may be overwritten at once.
func TestMsgpackSharesNothing(t *testing.T) {
	message := []byte("\x83\xa4type\x02\xa3nsp\xa2/a\xa4data\x93\xa1e\xc4\x01b\xa1s")
	for name, cfg := range map[string]Config{"values": {}, "raw": allRaw} {
		given := bytes.Clone(message)
		packet, err := readMsgpack(NewMsgpack(cfg), engineMessage{given, true})
		if err != nil {
			t.Fatal(err)
		}
		clear(given)
		again, _ := readMsgpack(NewMsgpack(cfg), message)
		if got, want := taggedPacket(packet), taggedPacket(again); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v became %+v", name, want, got)
		}
		if data := packet.Data.([]any); cap(data)-len(data) != spareSlots {
			t.Errorf("%s: %d spare slots", name, cap(data)-len(data))
		}
	}
}

// TestMsgpackAllocationIsBounded: what a message costs in memory is within a factor
// of its length, whatever it holds.
func TestMsgpackAllocationIsBounded(t *testing.T) {
	const size = 256 << 10
	for name, unit := range map[string]string{
		"empty arrays": "\x90", "empty maps": "\x80", "small maps": "\x81\xa0\xc0", "numbers": "\x00", "strings": "\xa0", "nulls": "\xc0",
		"binary": "\xc4\x00", "dates": "\xd7\x00\x00\x00\x00\x00\x00\x00\x00\x00", "controls": "\xa1\x00", "extensions": "\xd4\x01\x00",
	} {
		for kind, cfg := range map[string]Config{"values": {}, "raw": allRaw} {
			n := size / len(unit)
			message := packedEvent(append([]byte{0xdd, 0, byte(n >> 16), byte(n >> 8), byte(n)}, strings.Repeat(unit, n)...)...)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := readMsgpack(NewMsgpack(cfg), engineMessage{message, true})
			runtime.ReadMemStats(&after)
			factor := float64(after.TotalAlloc-before.TotalAlloc) / size
			t.Logf("%-14s %-6s %6.1f bytes a byte", name, kind, factor)
			if err != nil || factor > 150 {
				t.Errorf("%s as %s: %v, %.0f bytes a byte", name, kind, err, factor)
			}
		}
	}
}

// FuzzMsgpackDecode: what is taken survives being encoded and decoded again.
func FuzzMsgpackDecode(f *testing.F) {
	for _, row := range msgpackTable(f) {
		f.Add(row.message(f))
	}
	f.Add(packedEvent(0x82, 0xa1, 'a', 0xd4, 0, 0, 0xa9, '_', '_', 'p', 'r', 'o', 't', 'o', '_', '_', 0x91, 0x80))
	f.Add(packedEvent(0xc8, 0, 1, 5, 0))
	cfg, _ := quiet()
	values := NewMsgpack(cfg)
	cfg.Raw = allRaw.Raw
	raw := NewMsgpack(cfg)
	f.Fuzz(func(t *testing.T, message []byte) {
		packet, err := readMsgpack(values, message)
		rawPacket, rawErr := readMsgpack(raw, message)
		if (err == nil) != (rawErr == nil) || (err == nil) != (packet != nil) {
			t.Fatalf("as values: %v, %v, as Raw: %v", packet, err, rawErr)
		}
		if err != nil {
			if !errors.Is(err, ErrPacket) {
				t.Fatalf("%v does not wrap ErrPacket", err)
			}
			return
		}
		if packet.Type == sio.EVENT {
			for _, argument := range rawPacket.Data.([]any)[1:] {
				if !json.Valid(argument.(Raw)) {
					t.Fatalf("invalid Raw %q", argument)
				}
			}
		}
		again := values.NewEncoder().Encode(packet)
		if len(again) != 1 {
			t.Fatalf("%+v encoded as %q", packet, again)
		}
		packet2, err := readMsgpack(values, again[0])
		if err != nil {
			t.Fatalf("%+v encoded as %x: %v", packet, again[0].Bytes(), err)
		}
		if want, got := taggedPacket(packet), taggedPacket(packet2); !reflect.DeepEqual(want, got) {
			t.Fatalf("%+v became\n%+v", want, got)
		}
	})
}

// FuzzMsgpackEncode: any string, number, JSON text and bytes make a message that is
// read back.
func FuzzMsgpackEncode(f *testing.F) {
	f.Add("event", "text", 1.5, []byte(`{"a":[1,{}]}`), []byte{1})
	f.Add("\xff", "\u2028<\"\x00", -0.5, []byte(`nope`), []byte{})
	f.Add("", "null", 1e300, []byte(" [ \"]\\\"\" , [ ] ] "), []byte("null"))
	cfg, _ := quiet()
	p := NewMsgpack(cfg)
	f.Fuzz(func(t *testing.T, event, text string, number float64, raw, binary []byte) {
		if isReserved(event) {
			return
		}
		packet := &sio.Packet{Type: sio.EVENT, Nsp: "/", Data: []any{event, text, number, Raw(raw), map[string]any{"b": binary, "t": text}}}
		messages := p.NewEncoder().Encode(packet)
		if len(messages) != 1 {
			t.Fatalf("encoded as %q", messages)
		}
		again, err := readMsgpack(p, messages[0])
		if err != nil {
			t.Fatalf("%x: %v", messages[0].Bytes(), err)
		}
		data, _ := again.Data.([]any)
		want := map[string]any{"b": tagged(binary), "t": strings.ToValidUTF8(text, "\ufffd")}
		if got := tagged(data[4]); len(data) != 5 || strings.ToValidUTF8(text, "") == text && !reflect.DeepEqual(got, want) {
			t.Fatalf("came back as %v", data)
		}
		if got, want := tagged(data[2]), tagged(number); !reflect.DeepEqual(got, want) {
			t.Fatalf("%v came back as %v", want, got)
		}
	})
}
