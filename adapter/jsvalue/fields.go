package jsvalue

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode"

	"nudge/adapter/esjson"
)

// field is a struct field as encoding/json sees it, embedded structs' among them.
type field struct {
	name      string
	property  []byte // the name as JSON, with its colon
	index     []int
	tagged    bool
	quoted    bool
	omitEmpty bool
	omitZero  bool
}

// of finds the field in v; there is none behind an embedded pointer that is nil.
func (f *field) of(v reflect.Value) (reflect.Value, bool) {
	for i, n := range f.index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return reflect.Value{}, false
			}
			v = v.Elem()
		}
		v = v.Field(n)
	}
	return v, true
}

func (f *field) omits(v reflect.Value) bool {
	return f.omitEmpty && isEmpty(v) || f.omitZero && isZero(v)
}

func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

// isZero asks the value's own IsZero first, as encoding/json does.
func isZero(v reflect.Value) bool {
	if v.Kind() == reflect.Pointer && v.IsNil() {
		return true
	}
	if v.CanInterface() {
		if z, ok := v.Interface().(interface{ IsZero() bool }); ok {
			return z.IsZero()
		}
	}
	return v.IsZero()
}

var fieldCache sync.Map // reflect.Type to []field

// structFields returns the fields of a struct type in the order they are written.
func structFields(t reflect.Type) []field {
	if cached, ok := fieldCache.Load(t); ok {
		if fields, ok := cached.([]field); ok {
			return fields
		}
	}
	fields := visibleFields(t)
	fieldCache.Store(t, fields)
	return fields
}

// embedded is a struct type on the way to its fields.
type embedded struct {
	typ   reflect.Type
	index []int
}

// visibleFields goes through t level by level of embedding. Of several fields
// with one name those least deep count; of these the one with a tag; and if that
// is not a single one, none.
func visibleFields(t reflect.Type) []field {
	best := map[string][]field{} // the candidates, all of one depth
	visited := map[reflect.Type]bool{}
	for level := []embedded{{typ: t}}; len(level) > 0; {
		found := map[string][]field{}
		var next []embedded
		for _, e := range level {
			visited[e.typ] = true
			next = append(next, collect(e, found)...)
		}
		for name, fields := range found {
			if _, shadowed := best[name]; !shadowed {
				best[name] = fields
			}
		}
		level = slices.DeleteFunc(next, func(e embedded) bool { return visited[e.typ] })
	}
	var fields []field
	for _, candidates := range best {
		if f, ok := dominant(candidates); ok {
			f.property = append(esjson.AppendString(nil, f.name), ':')
			fields = append(fields, f)
		}
	}
	slices.SortFunc(fields, func(a, b field) int { return slices.Compare(a.index, b.index) })
	return fields
}

func dominant(candidates []field) (field, bool) {
	slices.SortStableFunc(candidates, func(a, b field) int {
		return -cmp.Compare(btoi(a.tagged), btoi(b.tagged))
	})
	unique := len(candidates) == 1 || candidates[0].tagged != candidates[1].tagged
	return candidates[0], unique
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// collect adds the fields of e to found and returns the structs embedded in it.
func collect(e embedded, found map[string][]field) (next []embedded) {
	for i := range e.typ.NumField() {
		sf := e.typ.Field(i)
		target := sf.Type
		if target.Kind() == reflect.Pointer && target.Name() == "" {
			target = target.Elem()
		}
		// The exported fields of an unexported embedded struct do count.
		if !sf.IsExported() && (!sf.Anonymous || target.Kind() != reflect.Struct) {
			continue
		}
		tag := sf.Tag.Get("json")
		if tag == "-" {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		if !isName(name) {
			name = ""
		}
		index := append(slices.Clone(e.index), i)
		if sf.Anonymous && name == "" && target.Kind() == reflect.Struct {
			next = append(next, embedded{target, index})
			continue
		}
		f := field{name: name, index: index, tagged: name != ""}
		if name == "" {
			f.name = sf.Name
		}
		for option := range strings.SplitSeq(options, ",") {
			switch option {
			case "omitempty":
				f.omitEmpty = true
			case "omitzero":
				f.omitZero = true
			case "string":
				f.quoted = isQuotable(target.Kind())
			}
		}
		found[f.name] = append(found[f.name], f)
	}
	return next
}

// isQuotable tells the kinds that the "string" option applies to.
func isQuotable(k reflect.Kind) bool {
	return k == reflect.String || reflect.Bool <= k && k <= reflect.Float64
}

// isName tells the names that encoding/json takes from a tag.
func isName(s string) bool {
	for _, c := range s {
		if !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", c) && !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			return false
		}
	}
	return s != ""
}
