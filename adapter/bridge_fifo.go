package adapter

import "slices"

// fifo is a queue that gives its memory back as it empties. The zero value is
// an empty one.
type fifo[T any] struct {
	items []T
	head  int // items before it have been taken
}

func (q *fifo[T]) len() int { return len(q.items) - q.head }

// front returns the oldest item of a queue that is not empty.
func (q *fifo[T]) front() T { return q.items[q.head] }

func (q *fifo[T]) push(item T) {
	// Moving what is left to the start costs less than what was taken since.
	if q.head > 0 && len(q.items) == cap(q.items) && q.head >= q.len() {
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	q.items = append(q.items, item)
}

// pop takes the oldest item of a queue that is not empty.
func (q *fifo[T]) pop() T {
	var zero T
	item := q.items[q.head]
	q.items[q.head] = zero
	q.head++
	if q.len() == 0 {
		*q = fifo[T]{items: keep(q.items)}
	}
	return item
}

// pushFront puts back items that were taken, in their order.
func (q *fifo[T]) pushFront(items []T) {
	if len(items) <= q.head {
		q.head -= len(items)
		copy(q.items[q.head:], items)
		return
	}
	all := make([]T, 0, len(items)+q.len())
	all = append(all, items...)
	*q = fifo[T]{items: append(all, q.items[q.head:]...)}
}

// all are the items, until the queue is changed.
func (q *fifo[T]) all() []T { return q.items[q.head:] }

// cut takes the items behind the first n.
func (q *fifo[T]) cut(n int) []T {
	rest := slices.Clone(q.all()[n:])
	clear(q.all()[n:])
	q.items = q.items[:q.head+n]
	return rest
}

// removeLast removes the last item that matches, if one does.
func (q *fifo[T]) removeLast(match func(T) bool) {
	for i := len(q.items) - 1; i >= q.head; i-- {
		if match(q.items[i]) {
			q.items = slices.Delete(q.items, i, i+1)
			return
		}
	}
}

// keep is the memory an empty queue starts again with.
func keep[T any](items []T) []T {
	if cap(items) > 1024 {
		return nil
	}
	return items[:0]
}
