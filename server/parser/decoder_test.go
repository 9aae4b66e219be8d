package parser

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/zishang520/engine.io/v2/types"
	sio "github.com/zishang520/socket.io-go-parser/v2/parser"
)

// refusedHereOnly are texts that the reference decoder takes, by the way it reads
// numbers (an empty text is a CONNECT to it), or because it lets an EVENT or ACK
// go without its payload. No encoder sends any of them.
var refusedHereOnly = []string{
	"", "2", "3", "31", "312", "2/a", "3/a,", "27", "2/a,7", `2/a["x"]`, "51-", "62-/a,3",
	"2 [\"a\"]", "2\n[\"a\"]", "0 {}", "21 [\"a\"]",
	"51.0-[\"a\"]", "5 1-[\"a\"]", "51e0-[\"a\"]", "50x1-[\"a\"]",
	"29007199254740992[\"a\"]", "299999999999999999999999[\"a\"]", "0/\xff,",
}

func text(s string) []wireMessage { return []wireMessage{{Text: &s}} }

func TestDecodeRefuses(t *testing.T) {
	p := New(Config{})
	for _, s := range refusedHereOnly {
		if packets, err := add(t, p, text(s)); !errors.Is(err, ErrPacket) || packets != nil {
			t.Errorf("%q: got %v, %v; want ErrPacket", s, packets, err)
		}
	}
}

func TestDecodeLimits(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  Config
		text string
		ok   bool
	}{
		{"attachments at the limit", Config{MaxAttachments: 2}, `52-["a"]`, true},
		{"attachments past the limit", Config{MaxAttachments: 2}, `53-["a"]`, false},
		{"attachments past the default", Config{}, `511-["a"]`, false},
		{"attachments past what fits an int", Config{}, `599999999999999999999-["a"]`, false},
		{"no attachments allowed", Config{MaxAttachments: -1}, `51-["a"]`, false},
		{"depth at the limit", Config{MaxDepth: 3}, `2["a",[[]]]`, true},
		{"depth past the limit", Config{MaxDepth: 3}, `2["a",[[[]]]]`, false},
		{"depth past the default", Config{}, `2["a"` + strings.Repeat(`,[`, 600) + strings.Repeat(`]`, 600) + `]`, false},
		{"depth of a CONNECT", Config{MaxDepth: 1}, `0{"a":{}}`, false},
		{"depth of Raw", Config{MaxDepth: 3, Raw: func(_, _ string) bool { return true }}, `2["a",[[[]]]]`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := add(t, New(c.cfg), text(c.text)); (err == nil) != c.ok || err != nil && !errors.Is(err, ErrPacket) {
				t.Errorf("got %v, want success: %v", err, c.ok)
			}
		})
	}
}

// engineMessage is what an engine gives that reuses its buffers.
type engineMessage struct {
	bytes  []byte
	binary bool
}

func (m engineMessage) Bytes() []byte  { return m.bytes }
func (m engineMessage) IsBinary() bool { return m.binary }

type closingReader struct {
	io.Reader
	closed bool
}

func (r *closingReader) Close() error {
	r.closed = true
	return nil
}

func TestAddTakesEveryForm(t *testing.T) {
	const header = `51-["a",{"_placeholder":true,"num":0}]`
	texts := map[string]any{
		"string":         header,
		"StringBuffer":   types.NewStringBufferString(header),
		"strings.Reader": strings.NewReader(header),
		"engine message": engineMessage{[]byte(header), false},
	}
	closing := &closingReader{Reader: strings.NewReader("\x01\x02")}
	binaries := map[string]any{
		"[]byte":         []byte{1, 2},
		"BytesBuffer":    types.NewBytesBuffer([]byte{1, 2}),
		"bytes.Reader":   bytes.NewReader([]byte{1, 2}),
		"engine message": engineMessage{[]byte{1, 2}, true},
		"closing reader": closing,
	}
	check := func(name string, header, binary any) {
		d := New(Config{}).NewDecoder()
		var got []any
		if err := d.On("decoded", func(args ...any) { got, _ = args[0].(*sio.Packet).Data.([]any) }); err != nil {
			t.Fatal(err)
		}
		if err := d.Add(header); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := d.Add(binary); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(got) != 2 {
			t.Errorf("%s: got %v", name, got)
			return
		}
		if b, ok := got[1].(*types.BytesBuffer); !ok || !bytes.Equal(b.Bytes(), []byte{1, 2}) {
			t.Errorf("%s: attachment %#v", name, got[1])
		}
	}
	for name, header := range texts {
		check(name, header, []byte{1, 2})
	}
	for name, binary := range binaries {
		check(name, header, binary)
	}
	if !closing.closed {
		t.Error("a Closer was not closed")
	}
	if err := New(Config{}).NewDecoder().Add(12); !errors.Is(err, ErrPacket) {
		t.Errorf("Add(12): %v", err)
	}
}

func TestNothingOfAMessageIsKept(t *testing.T) {
	for name, raw := range map[string]bool{"values": false, "raw": true} {
		t.Run(name, func(t *testing.T) {
			d := New(Config{Raw: func(_, _ string) bool { return raw }}).NewDecoder()
			var got *sio.Packet
			if err := d.On("decoded", func(args ...any) { got, _ = args[0].(*sio.Packet) }); err != nil {
				t.Fatal(err)
			}
			m := engineMessage{[]byte(`51-/nsp,["event","argument",{"k":"v"},{"_placeholder":true,"num":0}]`), false}
			if err := d.Add(m); err != nil {
				t.Fatal(err)
			}
			clear(m.bytes)
			b := engineMessage{[]byte{7}, true}
			if err := d.Add(b); err != nil {
				t.Fatal(err)
			}
			clear(b.bytes)
			want := []any{"event", "argument", map[string]any{"k": "v"}, types.NewBytesBuffer([]byte{7})}
			if raw {
				want = []any{"event", Raw(`"argument"`), Raw(`{"k":"v"}`), Raw(`{"type":"Buffer","data":[7]}`)}
			}
			if got.Nsp != "/nsp" || !reflect.DeepEqual(got.Data, want) {
				t.Errorf("got %s %#v", got.Nsp, got.Data)
			}
		})
	}
}

func TestRaw(t *testing.T) {
	p := New(Config{Raw: func(nsp, event string) bool { return nsp == "/" && event == "raw" || event == "1" }})
	one, two := "ff00", ""
	for _, c := range []struct {
		name     string
		messages []wireMessage
		want     []any
	}{
		{"as sent", text(`2["raw", {"b":1.0,"a":-0, "1":"\ud83d"} ,12345678901234567890,null]`),
			[]any{"raw", Raw(`{"b":1.0,"a":-0, "1":"\ud83d"}`), Raw(`12345678901234567890`), Raw(`null`)}},
		{"no argument", text(`2["raw"]`), []any{"raw"}},
		{"escaped name", text(`2["\u0072aw",1]`), []any{"raw", Raw(`1`)}},
		{"numeric name", text(`2[1.0,[]]`), []any{"1", Raw(`[]`)}},
		{"another name", text(`2["other",1.0]`), []any{"other", 1.0}},
		{"another namespace", text(`2/x,["raw",1.0]`), []any{"raw", 1.0}},
		{"a placeholder in text", text(`2["raw",{"_placeholder":true,"num":0}]`), []any{"raw", Raw(`{"_placeholder":true,"num":0}`)}},
		{"attachments", []wireMessage{text(`52-["raw",[1.0, {"_placeholder":true,"num":1} ,{"a":{"num":0,"_placeholder":true}}],"x"]`)[0], {Hex: &two}, {Hex: &one}},
			[]any{"raw", Raw(`[1.0, {"type":"Buffer","data":[255,0]} ,{"a":{"type":"Buffer","data":[]}}]`), Raw(`"x"`)}},
		{"the last of equal keys", []wireMessage{text(`51-["raw",{"_placeholder":true,"_placeholder":false},{"num":5,"num":0,"_placehol\u0064er":true}]`)[0], {Hex: &one}},
			[]any{"raw", Raw(`{"_placeholder":true,"_placeholder":false}`), Raw(`{"type":"Buffer","data":[255,0]}`)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			packets, err := add(t, p, c.messages)
			if err != nil || len(packets) != 1 || !reflect.DeepEqual(packets[0].Data, c.want) {
				t.Errorf("got %v, %v; want %s", packets, err, c.want)
			}
		})
	}
	for _, s := range []string{
		`51-["raw",{"_placeholder":true}]`, `51-["raw",{"_placeholder":true,"num":1}]`, `51-["raw",{"_placeholder":true,"num":0.5}]`, `51-["raw",{"_placeholder":true,"num":0,"num":"0"}]`,
		// One attachment in many places would make megabytes of a few bytes.
		`51-["raw",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]`,
	} {
		if packets, err := add(t, p, []wireMessage{text(s)[0], {Hex: &one}}); !errors.Is(err, ErrPacket) || packets != nil {
			t.Errorf("%s: got %v, %v; want ErrPacket", s, packets, err)
		}
	}
	for _, s := range []string{`2["raw",]`, `2["raw",1 2]`, `2["raw",1]x`, `2["raw","` + "\x01" + `"]`, `2["raw",{"a"}]`} {
		if packets, err := add(t, p, text(s)); !errors.Is(err, ErrPacket) || packets != nil {
			t.Errorf("%s: got %v, %v; want ErrPacket", s, packets, err)
		}
	}
}

func TestEventHasSpareSlots(t *testing.T) {
	for n := range 20 {
		packets, err := add(t, New(Config{}), text(`2["a"`+strings.Repeat(`,1`, n)+`]`))
		if err != nil {
			t.Fatal(err)
		}
		data, _ := packets[0].Data.([]any)
		if len(data) != n+1 || cap(data) < len(data)+spareSlots {
			t.Errorf("%d arguments: length %d, capacity %d", n, len(data), cap(data))
		}
		for _, v := range data[len(data) : len(data)+spareSlots] {
			if v != nil {
				t.Errorf("%d arguments: spare slot holds %v", n, v)
			}
		}
	}
}

func TestDestroyForgets(t *testing.T) {
	d := New(Config{}).NewDecoder()
	if err := d.Add(`51-["a",{"_placeholder":true,"num":0}]`); err != nil {
		t.Fatal(err)
	}
	d.Destroy()
	if err := d.Add([]byte{1}); !errors.Is(err, ErrPacket) {
		t.Errorf("an attachment after Destroy: %v", err)
	}
}

// TestHandlerMayUseTheDecoder: the server's reaction to a packet can be to close
// the connection, which destroys the decoder from within Add.
func TestHandlerMayUseTheDecoder(t *testing.T) {
	d := New(Config{}).NewDecoder()
	calls := 0
	if err := d.On("decoded", func(...any) {
		calls++
		d.Destroy()
		d.Clear()
	}); err != nil {
		t.Fatal(err)
	}
	for _, m := range []any{`51-["a",{"_placeholder":true,"num":0}]`, []byte{1}, `2["b"]`} {
		if err := d.Add(m); err != nil {
			t.Fatal(err)
		}
	}
	if calls != 1 {
		t.Errorf("%d calls, want 1", calls)
	}
}
