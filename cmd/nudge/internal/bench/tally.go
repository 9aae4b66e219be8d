package bench

import "slices"

// span is the sequence numbers from first up to, not including, end.
type span struct{ first, end int }

// tally follows what one client receives of one sender, whose messages are
// numbered from 0.
type tally struct {
	next    int    // one more than the highest number seen
	missing []span // those below next that have not come, in order
}

// verdict is what a tally says of one arrival.
type verdict int

const (
	inOrder verdict = iota
	reordered
	doubled
)

// see takes note of an arrival.
func (t *tally) see(seq int) verdict {
	if seq >= t.next {
		if seq > t.next {
			t.missing = append(t.missing, span{t.next, seq})
		}
		t.next = seq + 1
		return inOrder
	}
	i, found := slices.BinarySearchFunc(t.missing, seq, func(s span, seq int) int {
		switch {
		case s.end <= seq:
			return -1
		case s.first > seq:
			return 1
		}
		return 0
	})
	if !found {
		return doubled
	}
	gap := t.missing[i]
	rest := make([]span, 0, 2)
	if gap.first < seq {
		rest = append(rest, span{gap.first, seq})
	}
	if seq+1 < gap.end {
		rest = append(rest, span{seq + 1, gap.end})
	}
	t.missing = slices.Replace(t.missing, i, i+1, rest...)
	return reordered
}

// lost is how many of the first sent messages have not come.
func (t *tally) lost(sent int) int {
	n := max(0, sent-t.next)
	for _, gap := range t.missing {
		n += gap.end - gap.first
	}
	return n
}
