package adapter

import (
	"github.com/zishang520/engine.io/v2/types"

	"nudge/adapter/esjson"
)

// hasBinary reports whether binary data is anywhere in what readPacked has read, or
// in what was given to an emit as lists, objects and binary data.
func hasBinary(v any) bool {
	switch v := v.(type) {
	case []byte, types.BufferInterface:
		_, text := v.(*types.StringBuffer)
		return !text
	case []any:
		for _, element := range v {
			if hasBinary(element) {
				return true
			}
		}
	case esjson.Object:
		for _, p := range v {
			if hasBinary(p.Value) {
				return true
			}
		}
	case map[string]any:
		for _, member := range v {
			if hasBinary(member) {
				return true
			}
		}
	}
	return false
}
