package parser

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/zishang520/engine.io/v2/types"
	sio "github.com/zishang520/socket.io-go-parser/v2/parser"
)

// quiet is a Config whose log goes to the returned buffer.
func quiet() (Config, *bytes.Buffer) {
	log := &bytes.Buffer{}
	return Config{Logger: slog.New(slog.NewTextHandler(log, nil))}, log
}

func encode(p *Parser, packet *sio.Packet) (text string, attachments []string) {
	for i, m := range p.NewEncoder().Encode(packet) {
		if i == 0 {
			text = m.String()
		} else {
			attachments = append(attachments, m.String())
		}
	}
	return text, attachments
}

type named string

type upper string

func (u upper) MarshalText() ([]byte, error) { return []byte(strings.ToUpper(string(u))), nil }

type failing struct{}

func (failing) MarshalJSON() ([]byte, error) { return nil, errors.New("no") }

type pointerMarshaler struct{ N int }

func (p *pointerMarshaler) MarshalJSON() ([]byte, error) { return []byte(` [ 1.0 , "\u003c" ] `), nil }

type octet byte

func TestEncodeValues(t *testing.T) {
	seven := 7
	var nilMap map[string]any
	var nilReader *bytes.Reader
	for _, c := range []struct {
		name        string
		value       any
		want        string
		attachments []string
	}{
		{"nil", nil, `null`, nil},
		{"string", "<&>\u2028\"\x00é", `"<&>` + "\u2028" + `\"\u0000é"`, nil},
		{"string not UTF-8", "\xff", "\"\uFFFD\"", nil},
		{"floats", []any{1.0, -0.5, 1e21, math.Copysign(0, -1), math.NaN(), math.Inf(1)}, `[1,-0.5,1e+21,0,null,null]`, nil},
		{"float32", []float32{0.1, 1e10, 16777216}, `[0.1,10000000000,16777216]`, nil},
		{"integers", []any{1, int8(-1), uint64(math.MaxUint64), int64(math.MinInt64)}, `[1,-1,18446744073709551615,-9223372036854775808]`, nil},
		{"named types", []any{named("<"), upper("abc"), time.Second}, `["<","ABC",1000000000]`, nil},
		{"time", time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC), `"2024-05-06T07:08:09Z"`, nil},
		{"map", map[string]any{"b": 1, "a": nilMap, "c": []any(nil)}, `{"a":null,"b":1,"c":null}`, nil},
		{"map of integers", map[int]string{2: "b", 10: "a", 1: "c"}, `{"1":"c","10":"a","2":"b"}`, nil},
		{"map of texts", map[upper]bool{"x": true}, `{"x":true}`, nil},
		{"pointers", []any{&seven, (*int)(nil), nilReader}, `[7,null,null]`, nil},
		{"arrays", [3]bool{true}, `[true,false,false]`, nil},
		{"bytes", []byte{1}, `{"_placeholder":true,"num":0}`, []string{"\x01"}},
		{"named bytes", []octet{1}, `{"_placeholder":true,"num":0}`, []string{"\x01"}},
		{"array of bytes", [2]byte{1, 2}, `[1,2]`, nil},
		{"buffer", types.NewBytesBufferString("ab"), `{"_placeholder":true,"num":0}`, []string{"ab"}},
		{"reader", bytes.NewReader([]byte("ab")), `{"_placeholder":true,"num":0}`, []string{"ab"}},
		{"string buffer", types.NewStringBufferString("a<"), `"a<"`, nil},
		{"string reader", strings.NewReader("a<"), `"a<"`, nil},
		{"bytes in structs and maps", map[string]any{"s": struct {
			B []byte
			R io.Reader
			N []byte
			P *[]byte
		}{[]byte("b"), strings.NewReader("text"), nil, &[]byte{'p'}}, "z": []byte("z")},
			`{"s":{"B":{"_placeholder":true,"num":0},"R":"text","N":null,"P":{"_placeholder":true,"num":1}},"z":{"_placeholder":true,"num":2}}`, []string{"b", "p", "z"}},
		{"raw", []any{Raw(`{"b":1.0, "a":"\ud83d"}`), json.RawMessage(`-0`)}, `[{"b":1.0, "a":"\ud83d"},-0]`, nil},
		{"raw not UTF-8", Raw("\"\xff\""), "\"\uFFFD\"", nil},
		{"raw in a struct", struct{ R Raw }{Raw(`1.0`)}, `{"R":1.0}`, nil},
		{"json.Number", []any{json.Number("1.0"), json.Number("12345678901234567890")}, `[1,12345678901234567000]`, nil},
		{"marshaler", []any{&pointerMarshaler{}, struct{ M *pointerMarshaler }{}}, `[[1,"<"],{"M":null}]`, nil},
		{"marshaler by address", &struct{ M pointerMarshaler }{}, `{"M":[1,"<"]}`, nil},
		{"error", errors.New("x"), `{}`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg, log := quiet()
			text, attachments := encode(New(cfg), &sio.Packet{Type: sio.ACK, Data: []any{c.value}})
			want := "3[" + c.want + "]"
			if n := len(c.attachments); n > 0 {
				want = "6" + string(rune('0'+n)) + "-[" + c.want + "]"
			}
			if text != want {
				t.Errorf("got  %s\nwant %s", text, want)
			}
			if strings.Join(attachments, "|") != strings.Join(c.attachments, "|") {
				t.Errorf("attachments %q, want %q", attachments, c.attachments)
			}
			if log.Len() > 0 {
				t.Errorf("logged %s", log)
			}
		})
	}
}

func TestEncodeWhatCannotBe(t *testing.T) {
	loop := map[string]any{}
	loop["a"], loop["b"] = loop, loop
	type node struct{ Next *node }
	ring := &node{}
	ring.Next = ring
	for name, value := range map[string]any{
		"func":                func() {},
		"chan":                make(chan int),
		"complex":             1i,
		"func in a struct":    struct{ F func() }{func() {}},
		"map key":             map[float64]int{1: 1},
		"cyclic map":          loop,
		"cyclic pointers":     ring,
		"failing marshaler":   failing{},
		"invalid Raw":         Raw(`{"a":}`),
		"empty Raw":           Raw(nil),
		"two values in Raw":   Raw(`1,2`),
		"invalid RawMessage":  json.RawMessage(`nope`),
		"invalid Number":      json.Number("1x"),
		"after an attachment": []any{[]byte{1}, func() {}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, log := quiet()
			p := New(cfg)
			for range 2 {
				text, attachments := encode(p, &sio.Packet{Type: sio.EVENT, Nsp: "/n", Data: []any{"e", 1, value, []byte{2}}})
				if text != `51-/n,["e",1,null,{"_placeholder":true,"num":0}]` || len(attachments) != 1 || attachments[0] != "\x02" {
					t.Errorf("got %s %q", text, attachments)
				}
			}
			if n := strings.Count(log.String(), "\n"); n != 1 {
				t.Errorf("logged %d times: %s", n, log)
			}
			if !strings.Contains(log.String(), "namespace=/n") {
				t.Errorf("logged %s", log)
			}
		})
	}
}

func TestEncodePackets(t *testing.T) {
	id := uint64(5)
	for _, c := range []struct {
		name   string
		packet sio.Packet
		want   string
	}{
		{"library's CONNECT", sio.Packet{Type: sio.CONNECT, Nsp: "/", Data: &struct {
			Sid named `json:"sid"`
			Pid named `json:"pid,omitempty"`
		}{Sid: "x"}}, `0{"sid":"x"}`},
		{"CONNECT of something else", sio.Packet{Type: sio.CONNECT, Data: "x"}, `0{}`},
		{"CONNECT_ERROR as a string", sio.Packet{Type: sio.CONNECT_ERROR, Data: "x"}, `4"x"`},
		{"CONNECT_ERROR that cannot be", sio.Packet{Type: sio.CONNECT_ERROR, Nsp: "/a", Data: map[string]any{"data": func() {}}}, `4/a,{}`},
		{"DISCONNECT", sio.Packet{Type: sio.DISCONNECT, Nsp: "/a", Data: "ignored"}, `1/a,`},
		{"ACK without arguments", sio.Packet{Type: sio.ACK, Id: &id}, `35[]`},
		{"ACK of nil arguments", sio.Packet{Type: sio.ACK, Id: &id, Data: []any(nil)}, `35[]`},
		{"EVENT of another slice", sio.Packet{Type: sio.EVENT, Data: []string{"a", "b"}}, `2["a","b"]`},
		{"BINARY_EVENT without binary", sio.Packet{Type: sio.BINARY_EVENT, Data: []any{"a"}}, `2["a"]`},
		{"BINARY_ACK with binary", sio.Packet{Type: sio.BINARY_ACK, Id: &id, Data: []any{[]byte{1}}}, `61-5[{"_placeholder":true,"num":0}]`},
		{"EVENT without data", sio.Packet{Type: sio.EVENT}, ``},
		{"EVENT without a name", sio.Packet{Type: sio.EVENT, Data: []any{}}, ``},
		{"EVENT with a bad name", sio.Packet{Type: sio.EVENT, Data: []any{func() {}}}, ``},
		{"EVENT that is no array", sio.Packet{Type: sio.EVENT, Data: "x"}, ``},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg, _ := quiet()
			if got, _ := encode(New(cfg), &c.packet); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestEncodedIsACopy: messages wait in outboxes while the caller goes on.
func TestEncodedIsACopy(t *testing.T) {
	b, buffer, raw := []byte("12"), types.NewBytesBuffer([]byte("34")), Raw(`"56"`)
	messages := New(Config{}).NewEncoder().Encode(&sio.Packet{Type: sio.EVENT, Data: []any{"e", b, buffer, raw}})
	clear(b)
	clear(buffer.Bytes())
	clear(raw)
	if got := messages[0].String() + messages[1].String() + messages[2].String(); got != `52-["e",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1},"56"]1234` {
		t.Errorf("got %q", got)
	}
}
