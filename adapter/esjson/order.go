package esjson

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"slices"
	"sort"
)

// fewKeys is up to how many keys comparing each with each is faster than hashing.
const fewKeys = 16

// maxArrayIndex is the largest integer that orders a key before the others.
const maxArrayIndex = 1<<32 - 2

// A fresh seed per process keeps a sender from choosing keys that collide.
var keySeed = maphash.MakeSeed()

// span is a part of what a writer has written.
type span struct{ start, end int }

// member is one property written: key, colon and value.
type member struct {
	span
	keyEnd int
	index  int64 // of an array-index key, -1 for other keys
}

// dropped marks a member whose value a later equal key replaced.
const dropped = -1

func (m member) isDropped() bool { return m.start == dropped }

// rearrangement is an object to be written with its members in another order.
type rearrangement struct {
	span
	members []span
}

// arrayIndex returns the integer that key spells, or -1 if it is no array index
// in canonical form: 0 to 2^32-2, no leading zero.
func arrayIndex(key []byte) int64 {
	if len(key) == 0 || len(key) > len("4294967294") || key[0] == '0' && len(key) > 1 {
		return -1
	}
	var n int64
	for _, c := range key {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int64(c-'0')
	}
	if n > maxArrayIndex {
		return -1
	}
	return n
}

// order returns the spans of an object's members in JavaScript's order, or nil
// when they stand in it already.
func (w *writer) order(members []member) []span {
	sorted, last := true, int64(-1)
	others := 0
	for _, m := range members {
		switch {
		case m.index < 0:
			others++
		case others > 0 || m.index <= last:
			sorted = false
		default:
			last = m.index
		}
	}
	// Ascending indices are distinct, so only the other keys can repeat then.
	repeated := (others > 1 || !sorted) && w.foldRepeated(members)
	if sorted && !repeated {
		return nil
	}
	indices := make([]member, 0, len(members)-others)
	for _, m := range members {
		if m.index >= 0 && !m.isDropped() {
			indices = append(indices, m)
		}
	}
	slices.SortFunc(indices, func(a, b member) int { return cmp.Compare(a.index, b.index) })
	spans := make([]span, 0, len(members))
	for _, m := range indices {
		spans = append(spans, m.span)
	}
	for _, m := range members {
		if m.index < 0 && !m.isDropped() {
			spans = append(spans, m.span)
		}
	}
	return spans
}

// foldRepeated gives the first of several equal keys the value of the last, drops
// the others, and reports whether there were any. Keys are compared as written,
// which is the same as by value: equal strings are written alike.
func (w *writer) foldRepeated(members []member) bool {
	if len(members) <= fewKeys {
		found := false
		for i := range members {
			for j := range members[:i] {
				if !members[j].isDropped() && w.fold(members, j, i) {
					found = true
					break
				}
			}
		}
		return found
	}
	// An open-addressing table of member numbers plus one, half empty at most.
	size := 64
	for size < 2*len(members) {
		size *= 2
	}
	if cap(w.table) < size {
		w.table = make([]int32, size)
	}
	table := w.table[:size]
	clear(table)
	found := false
	for i, m := range members {
		slot := maphash.Bytes(keySeed, w.dst[m.start:m.keyEnd]) & uint64(size-1)
		for table[slot] != 0 && !w.fold(members, int(table[slot])-1, i) {
			slot = (slot + 1) & uint64(size-1)
		}
		if table[slot] == 0 {
			table[slot] = int32(i) + 1
		} else {
			found = true
		}
	}
	return found
}

// fold moves member i into the place of member j if their keys are equal.
func (w *writer) fold(members []member, j, i int) bool {
	a, b := members[j], members[i]
	if a.index != b.index || !bytes.Equal(w.dst[a.start:a.keyEnd], w.dst[b.start:b.keyEnd]) {
		return false
	}
	members[j] = b
	members[i].start = dropped
	return true
}

// rearranged returns what was written from base on, with every object in its
// order.
func (w *writer) rearranged(base int) []byte {
	slices.SortFunc(w.moved, func(a, b rearrangement) int { return cmp.Compare(a.start, b.start) })
	out := w.appendPart(make([]byte, 0, len(w.dst)-base), span{base, len(w.dst)})
	return append(w.dst[:base], out...)
}

func (w *writer) appendPart(out []byte, part span) []byte {
	for {
		i := sort.Search(len(w.moved), func(i int) bool { return w.moved[i].start >= part.start })
		if i == len(w.moved) || w.moved[i].start >= part.end {
			return append(out, w.dst[part.start:part.end]...)
		}
		object := w.moved[i]
		out = append(out, w.dst[part.start:object.start]...)
		for n, m := range object.members {
			separator := byte(',')
			if n == 0 {
				separator = '{'
			}
			out = w.appendPart(append(out, separator), m)
		}
		out = append(out, '}')
		part.start = object.end
	}
}
