package parser

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	sio "github.com/zishang520/socket.io-go-parser/v2/parser"
)

// FuzzDecode feeds a text and two attachments. Whatever is taken must survive
// being encoded and decoded again.
func FuzzDecode(f *testing.F) {
	for _, row := range readTables(f).Decode {
		if row.Messages[0].Text != nil {
			f.Add([]byte(*row.Messages[0].Text), []byte{1}, []byte{})
		}
	}
	f.Add([]byte(`51-["a",{"b":{"_placeholder":true,"num":3},"b":1}]`), []byte{1}, []byte{})
	values := New(Config{})
	raw := New(Config{Raw: func(_, _ string) bool { return true }})
	f.Fuzz(func(t *testing.T, text, one, two []byte) {
		sequence := []any{engineMessage{text, false}, one, two}
		packet, err := first(values, sequence)
		rawPacket, rawErr := first(raw, sequence)
		// Only as Raw does it matter that an attachment stands twice, or what a
		// property holds that an equal key replaces.
		onlyRaw := errors.Is(rawErr, errTwice) || errors.Is(rawErr, errPlaceholder)
		if err == nil && rawErr != nil && !onlyRaw || err != nil && rawErr == nil {
			t.Fatalf("as values: %v, as Raw: %v", err, rawErr)
		}
		for _, err := range []error{err, rawErr} {
			if err != nil && !errors.Is(err, ErrPacket) {
				t.Fatalf("%v does not wrap ErrPacket", err)
			}
		}
		if packet != nil {
			roundTrip(t, values, packet)
		}
		if rawPacket != nil && rawPacket.Type == sio.EVENT {
			for _, argument := range rawPacket.Data.([]any)[1:] {
				if !json.Valid(argument.(Raw)) {
					t.Fatalf("invalid Raw %q", argument)
				}
			}
		}
	})
}

// first feeds a sequence until a packet is complete.
func first(p *Parser, sequence []any) (packet *sio.Packet, err error) {
	d := p.NewDecoder()
	if err := d.On("decoded", func(args ...any) { packet, _ = args[0].(*sio.Packet) }); err != nil {
		return nil, err
	}
	for _, m := range sequence {
		if err := d.Add(m); err != nil || packet != nil {
			return packet, err
		}
	}
	return nil, nil
}

func roundTrip(t *testing.T, p *Parser, packet *sio.Packet) {
	t.Helper()
	messages := p.NewEncoder().Encode(packet)
	if len(messages) == 0 || !utf8.Valid(messages[0].Bytes()) {
		t.Fatalf("%+v encoded as %q", packet, messages)
	}
	if n := len(messages) - 1; n > DefaultMaxAttachments {
		return // one attachment in many places became many
	}
	var sequence []any
	for _, m := range messages {
		sequence = append(sequence, m)
	}
	again, err := first(p, sequence)
	if err != nil || again == nil {
		t.Fatalf("%q: %v", messages[0], err)
	}
	if want, got := shown(packet), shown(again); !reflect.DeepEqual(want, got) {
		t.Fatalf("%q:\n%+v became\n%+v", messages[0], want, got)
	}
}

// FuzzEncode: any string, number, JSON text and bytes make a packet that is read
// back.
func FuzzEncode(f *testing.F) {
	f.Add("event", "text", 1.5, []byte(`{"a":1}`), []byte{1})
	f.Add("\xff", "\u2028<\"\x00", math.Copysign(0, -1), []byte(`nope`), []byte{})
	cfg, _ := quiet()
	p := New(cfg)
	f.Fuzz(func(t *testing.T, event, text string, number float64, raw, binary []byte) {
		if isReserved(event) {
			return
		}
		packet := &sio.Packet{Type: sio.EVENT, Nsp: "/", Data: []any{event, text, number, Raw(raw), map[string]any{text: binary}}}
		messages := p.NewEncoder().Encode(packet)
		if len(messages) != 2 || !bytes.Equal(messages[1].Bytes(), binary) || !utf8.Valid(messages[0].Bytes()) {
			t.Fatalf("encoded as %q", messages)
		}
		again, err := first(p, []any{messages[0], messages[1]})
		if err != nil {
			t.Fatalf("%q: %v", messages[0], err)
		}
		if data, _ := again.Data.([]any); len(data) != 5 || utf8.ValidString(text) && data[1] != text {
			t.Fatalf("%q came back as %v", messages[0], data)
		}
	})
}

// TestDecodeAllocationIsBounded: what a text costs in memory is within a factor
// of its length, whatever it holds.
func TestDecodeAllocationIsBounded(t *testing.T) {
	const size = 256 << 10
	for name, unit := range map[string]string{
		"empty arrays": `[],`, "empty objects": `{},`, "small objects": `{"a":0},`, "numbers": `0,`, "strings": `"",`, "nulls": `null,`,
		"escapes": `"\u0000",`, "placeholders": `{"_placeholder":true,"num":0},`, "one key": `{"a":{}},`,
	} {
		for kind, p := range map[string]*Parser{"values": New(Config{}), "raw": New(Config{Raw: func(_, _ string) bool { return true }})} {
			text := []byte(`51-["e",` + strings.Repeat(unit, size/len(unit)) + `0]`)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := first(p, []any{engineMessage{text, false}, []byte{1}})
			runtime.ReadMemStats(&after)
			factor := float64(after.TotalAlloc-before.TotalAlloc) / size
			t.Logf("%-14s %-6s %6.1f bytes a byte", name, kind, factor)
			if err != nil && !errors.Is(err, ErrPacket) || factor > 100 {
				t.Errorf("%s as %s: %v, %.0f bytes a byte", name, kind, err, factor)
			}
		}
	}
}

// TestIdleDecoderIsSmall: there is one for each connection.
func TestIdleDecoderIsSmall(t *testing.T) {
	const count = 10000
	p := New(Config{})
	listen := func(...any) {}
	decoders := make([]sio.Decoder, count)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range decoders {
		decoders[i] = p.NewDecoder()
		if err := decoders[i].On("decoded", listen); err != nil {
			t.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := (after.HeapAlloc - before.HeapAlloc) / count
	t.Logf("%d bytes", each)
	if each > 160 {
		t.Errorf("an idle decoder takes %d bytes", each)
	}
	runtime.KeepAlive(decoders)
}
