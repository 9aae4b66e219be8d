package bench

import (
	"errors"
	"maps"
	"net"
	"slices"
	"sync"
)

// reasons counts errors by their text, the first few kinds apart.
type reasons struct {
	mu     sync.Mutex
	counts map[string]int
}

// maxReasons is how many kinds are told apart.
const maxReasons = 8

func (r *reasons) add(err error) {
	text := "unknown"
	if err != nil {
		text = err.Error()
		// A net.OpError names both ports, which would make each its own kind.
		var op *net.OpError
		if errors.As(err, &op) {
			text = op.Op + ": " + op.Err.Error()
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.counts == nil {
		r.counts = map[string]int{}
	}
	if _, known := r.counts[text]; !known && len(r.counts) >= maxReasons {
		text = "others"
	}
	r.counts[text]++
}

// addTo adds the counts to all.
func (r *reasons) addTo(all map[string]int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, text := range slices.Sorted(maps.Keys(r.counts)) {
		all[text] += r.counts[text]
	}
}

// first is one of the errors, "" where there is none.
func (r *reasons) first() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, text := range slices.Sorted(maps.Keys(r.counts)) {
		return text
	}
	return ""
}
