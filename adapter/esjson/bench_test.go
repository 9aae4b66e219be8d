package esjson

import (
	"encoding/json"
	"strings"
	"testing"
)

var benchmarks = []struct{ name, src string }{
	{"message", `{"message":"hello, is anybody there?"}`},
	{"escaped", `{"message":"line one\nline two \"quoted\" \u00e9"}`},
	{"unicode", `{"message":"` + strings.Repeat("привет 中文 😀 ", 20) + `"}`},
	{"records", `[` + strings.Repeat(`{"id":17,"name":"ann","score":1.25,"tags":["a","b"],"ok":true},`, 50) + `null]`},
	{"reordered", `{"b":{"z":1,"2":2,"1":3},"10":"ten","9":"nine","b":null}`},
	{"text64K", `"` + strings.Repeat("a", 64<<10) + `"`},
}

func BenchmarkStringify(b *testing.B) {
	for _, c := range benchmarks {
		src := []byte(c.src)
		b.Run(c.name+"/esjson", func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			var dst []byte
			for b.Loop() {
				var err error
				if dst, err = AppendStringify(dst[:0], src, Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(c.name+"/encoding-json", func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				var v any
				if err := json.Unmarshal(src, &v); err != nil {
					b.Fatal(err)
				}
				if _, err := json.Marshal(v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkLookup(b *testing.B) {
	src := []byte(benchmarks[0].src)
	b.ReportAllocs()
	for b.Loop() {
		if _, found, err := Lookup(src, "message", Limits{}); !found || err != nil {
			b.Fatal(found, err)
		}
	}
}

func BenchmarkAppendString(b *testing.B) {
	for _, c := range []struct{ name, s string }{
		{"short", "hello, is anybody there?"},
		{"json", strings.Repeat(`{"message":"x"}`, 10)},
		{"text4K", strings.Repeat("a", 4<<10)},
		{"unicode4K", strings.Repeat("п", 2<<10)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.s)))
			b.ReportAllocs()
			var dst []byte
			for b.Loop() {
				dst = AppendString(dst[:0], c.s)
			}
		})
	}
}
