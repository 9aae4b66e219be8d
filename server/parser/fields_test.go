package parser

import (
	"encoding/json"
	"testing"
	"time"

	sio "github.com/zishang520/socket.io-go-parser/v2/parser"
)

type Base struct {
	ID   int `json:"id"`
	Name string
	Both string
}

type Other struct {
	Both string
	Deep
}

type Deep struct {
	Deeper string `json:"deeper"`
	Name   string
}

type hidden struct {
	Shown  int
	secret int
}

type Recursive struct {
	Value int
	Next  *Recursive `json:",omitempty"`
	*Embedded
}

type Embedded struct {
	*Recursive
	Inner int
}

type Name string

// TestStructsAsEncodingJSON compares with encoding/json itself, on values where
// the two are meant to agree.
func TestStructsAsEncodingJSON(t *testing.T) {
	flag, n := true, 3
	for name, value := range map[string]any{
		"tags": struct {
			A int `json:"a"`
			B int `json:"-"`
			C int `json:"-,"` //nolint:staticcheck // odd on purpose: what encoding/json makes of it is compared
			D int `json:",omitempty"`
			E int `json:"bad\"name"` //nolint:staticcheck // odd on purpose: what encoding/json makes of it is compared
			F int `json:"with space/and.dots"`
			g int
		}{A: 1, B: 2, C: 3, E: 5, F: 6, g: 7},
		"omitempty": struct {
			A []int          `json:",omitempty"`
			B map[string]int `json:",omitempty"`
			C *int           `json:",omitempty"`
			D string         `json:",omitempty"`
			E bool           `json:",omitempty"`
			F any            `json:",omitempty"`
			G struct{}       `json:",omitempty"`
			H [0]int         `json:",omitempty"`
			I float64        `json:",omitempty"`
			J time.Time      `json:",omitempty"`
		}{A: []int{}},
		"omitzero": struct {
			A time.Time `json:",omitzero"`
			B struct{}  `json:",omitzero"`
			C []int     `json:",omitzero"`
			D []int     `json:",omitzero"`
			E *bool     `json:",omitzero"`
		}{D: []int{}},
		"string option": struct {
			A int     `json:",string"`
			B bool    `json:",string"`
			C float64 `json:",string"`
			D string  `json:",string"`
			E *bool   `json:",string"`
			F *int    `json:",string"`
			G []int   `json:",string"` //nolint:staticcheck // odd on purpose: what encoding/json makes of it is compared
			H Name    `json:"h,string,omitempty"`
		}{A: 1, B: true, C: 1.5, D: `a"b`, E: &flag, G: []int{1}, H: "x"},
		"embedded": struct {
			Base
			Other
			hidden
			Name string `json:"Name"`
		}{Base: Base{ID: 1, Name: "shadowed", Both: "lost"}, Other: Other{Both: "lost", Deep: Deep{Deeper: "d"}}, hidden: hidden{1, 2}, Name: "outer"},
		"embedded with a name": struct {
			Base  `json:"base"`
			*Deep `json:",omitempty"`
		}{},
		"nil embedded pointer": struct{ *Base }{},
		"embedded pointer":     struct{ *Base }{&Base{ID: 4}},
		"embedded plain type":  struct{ Name }{"n"},
		"one tagged of several": struct {
			Tagged
			Untagged
		}{Tagged{"t"}, Untagged{"u"}},
		"recursive type": Recursive{1, &Recursive{Value: 2}, &Embedded{Inner: 3}},
		"pointer fields": &struct {
			A *int
			B **int
			C any
		}{A: &n, C: &n},
		"empty": struct{}{},
	} {
		t.Run(name, func(t *testing.T) {
			want, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			cfg, log := quiet()
			got, _ := encode(New(cfg), &sio.Packet{Type: sio.ACK, Data: []any{value}})
			if got != "3["+string(want)+"]" || log.Len() > 0 {
				t.Errorf("got  %s\nwant 3[%s]\n%s", got, want, log)
			}
		})
	}
}

type Tagged struct {
	X string `json:"Y"`
}

type Untagged struct {
	Y string
}
