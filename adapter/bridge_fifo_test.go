package adapter

import (
	"slices"
	"testing"
)

// FuzzFIFO holds a fifo to a plain slice under any sequence of operations.
func FuzzFIFO(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 1, 2, 0, 3, 1, 1})
	f.Add([]byte{0, 1, 0, 1, 2, 2, 0, 0, 0, 3, 3})
	f.Fuzz(func(t *testing.T, steps []byte) {
		var q fifo[int]
		var model, taken []int
		for i, step := range steps {
			switch step % 4 {
			case 0:
				q.push(i)
				model = append(model, i)
			case 1:
				if len(model) == 0 {
					continue
				}
				if got := q.front(); got != model[0] {
					t.Fatalf("front is %d, want %d", got, model[0])
				}
				if got := q.pop(); got != model[0] {
					t.Fatalf("popped %d, want %d", got, model[0])
				}
				taken = append(taken, model[0])
				model = model[1:]
			case 2:
				back := taken[max(0, len(taken)-int(step>>2)):]
				q.pushFront(back)
				model = slices.Concat(back, model)
				taken = taken[:len(taken)-len(back)]
			case 3:
				if len(model) == 0 {
					continue
				}
				pick := model[int(step>>2)%len(model)]
				q.removeLast(func(v int) bool { return v == pick })
				model = slices.DeleteFunc(slices.Clone(model), func(v int) bool { return v == pick })
			}
			if q.len() != len(model) {
				t.Fatalf("length is %d, want %d", q.len(), len(model))
			}
		}
		var rest []int
		for q.len() > 0 {
			rest = append(rest, q.pop())
		}
		if !slices.Equal(rest, model) {
			t.Fatalf("left %v, want %v", rest, model)
		}
	})
}
