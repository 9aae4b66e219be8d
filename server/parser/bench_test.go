package parser

import (
	"strings"
	"testing"

	sio "github.com/zishang520/socket.io-go-parser/v2/parser"
)

// codecs are ours and, to compare with, the library's.
var codecs = []struct {
	name   string
	parser sio.Parser
}{
	{"ours", New(Config{})},
	{"library", sio.NewParser()},
}

func BenchmarkDecode(b *testing.B) {
	for _, c := range []struct{ name, text string }{
		{"message", `2["event:message",{"message":"hello, is anybody there?"}]`},
		{"string", `2["message","{\"message\":\"hello, is anybody there?\"}"]`},
		{"ack", `3/chat,17["ok"]`},
		{"text4K", `2["message","` + strings.Repeat("a", 4<<10) + `"]`},
		{"nested", `2["state",{"users":[` + strings.TrimSuffix(strings.Repeat(`{"id":1,"name":"ann","typing":false},`, 20), ",") + `]}]`},
	} {
		for _, codec := range codecs {
			b.Run(c.name+"/"+codec.name, func(b *testing.B) {
				b.ReportAllocs()
				d := codec.parser.NewDecoder()
				for b.Loop() {
					if err := d.Add(c.text); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
	b.Run("message/raw", func(b *testing.B) {
		b.ReportAllocs()
		d := New(Config{Raw: func(_, event string) bool { return event == "event:message" }}).NewDecoder()
		text := engineMessage{[]byte(`2["event:message",{"message":"hello, is anybody there?"}]`), false}
		for b.Loop() {
			if err := d.Add(text); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	for _, c := range []struct {
		name string
		data []any
	}{
		{"string", []any{"message", `{"message":"hello, is anybody there?"}`}},
		{"text4K", []any{"message", strings.Repeat("a", 4<<10)}},
		{"map", []any{"message", map[string]any{"user": "ann", "text": "hello", "n": 1.0}}},
		{"struct", []any{"message", struct {
			User string `json:"user"`
			Text string `json:"text"`
		}{"ann", "hello"}}},
		{"binary", []any{"file", []byte("0123456789")}},
	} {
		for _, codec := range codecs {
			b.Run(c.name+"/"+codec.name, func(b *testing.B) {
				b.ReportAllocs()
				e := codec.parser.NewEncoder()
				for b.Loop() {
					if len(e.Encode(&sio.Packet{Type: sio.EVENT, Nsp: "/", Data: c.data})) == 0 {
						b.Fatal("nothing encoded")
					}
				}
			})
		}
	}
}
