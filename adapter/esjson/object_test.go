package esjson_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"nudge/adapter/esjson"
)

func TestObject(t *testing.T) {
	for _, few := range []bool{true, false} { // and so many that they are looked up
		var b esjson.ObjectBuilder
		b.Set("z", 1.0)
		b.Set("gone", []any{1.0}) // not comparable
		b.Set("a", esjson.Object{{"y", nil}, {"x", "ü<"}})
		b.Set("z", []any{esjson.Object{{"q", true}}})
		if !few {
			for i := range 40 {
				b.Set(fmt.Sprint(i), nil)
				b.Remove(fmt.Sprint(i))
			}
		}
		b.Remove("gone")
		b.Remove("never")
		o := b.Object()
		text, err := json.Marshal(o)
		if err != nil || string(text) != `{"z":[{"q":true}],"a":{"y":null,"x":"ü\u003c"}}` {
			t.Errorf("%s, %v", text, err)
		}
		want := map[string]any{"z": []any{map[string]any{"q": true}}, "a": map[string]any{"y": nil, "x": "ü<"}}
		if got := esjson.Plain(o); !reflect.DeepEqual(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	}
	if text, err := json.Marshal(new(esjson.ObjectBuilder).Object()); string(text) != "{}" || err != nil {
		t.Errorf("%s, %v", text, err)
	}
}

func TestScannerKeepsOrder(t *testing.T) {
	in := esjson.NewScanner([]byte(`{"b":1,"a":[{"d":2,"c":3}],"b":4}`), esjson.Limits{Depth: 9})
	in.Objects = true
	got, err := in.Value()
	want := esjson.Object{{"b", 4.0}, {"a", []any{esjson.Object{{"d", 2.0}, {"c", 3.0}}}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
}
