package esjson

import "strconv"

// AppendBuffer appends what JSON.stringify gives for a Buffer of Node's.
func AppendBuffer(dst, b []byte) []byte {
	dst = append(dst, `{"type":"Buffer","data":[`...)
	for i, c := range b {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendUint(dst, uint64(c), 10)
	}
	return append(dst, "]}"...)
}
