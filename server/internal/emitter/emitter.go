// Package emitter is an events.EventEmitter for few listeners, of which there is
// one for each connection and each decoder.
package emitter

import (
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/zishang520/engine.io/v2/events"
)

// Emitter keeps its listeners in one list: the concurrent map with slices in it
// that the library's keeps would be most of an idle decoder's size. The zero
// value is ready.
type Emitter struct {
	mu   sync.Mutex
	list []listener // replaced, never changed, so Emit needs no lock while it runs
}

type listener struct {
	event events.EventName
	fn    events.Listener
	fired *atomic.Bool // of one added by Once
}

var _ events.EventEmitter = (*Emitter)(nil)

func (e *Emitter) snapshot() []listener {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.list
}

func (e *Emitter) add(event events.EventName, fns []events.Listener, once bool) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := make([]listener, len(e.list), len(e.list)+len(fns))
	copy(list, e.list)
	for _, fn := range fns {
		if fn == nil {
			continue
		}
		l := listener{event: event, fn: fn}
		if once {
			l.fired = new(atomic.Bool)
		}
		list = append(list, l)
	}
	e.list = list
	return nil
}

// remove takes out the listeners that match, or only the first of them.
func (e *Emitter) remove(match func(listener) bool, all bool) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	kept := make([]listener, 0, len(e.list))
	found := false
	for _, l := range e.list {
		if (all || !found) && match(l) {
			found = true
			continue
		}
		kept = append(kept, l)
	}
	if !found {
		return false
	}
	if len(kept) == 0 {
		kept = nil
	}
	e.list = kept
	return true
}

// On adds listeners for an event.
func (e *Emitter) On(event events.EventName, fns ...events.Listener) error {
	return e.add(event, fns, false)
}

// AddListener is On.
func (e *Emitter) AddListener(event events.EventName, fns ...events.Listener) error {
	return e.add(event, fns, false)
}

// Once adds listeners that are removed when the event is first emitted.
func (e *Emitter) Once(event events.EventName, fns ...events.Listener) error {
	return e.add(event, fns, true)
}

// Emit calls the listeners of an event in the order they were added, here and
// now. Those added or removed by one of them count from the next Emit on.
func (e *Emitter) Emit(event events.EventName, args ...any) {
	for _, l := range e.snapshot() {
		if l.event != event {
			continue
		}
		if l.fired != nil {
			if l.fired.Swap(true) {
				continue
			}
			e.remove(func(other listener) bool { return other.fired == l.fired }, false)
		}
		l.fn(args...)
	}
}

// RemoveListener removes the first listener that is the same function. As in the
// library, two method values of one method are the same function.
func (e *Emitter) RemoveListener(event events.EventName, fn events.Listener) bool {
	if fn == nil {
		return false
	}
	code := reflect.ValueOf(fn).Pointer()
	return e.remove(func(l listener) bool {
		return l.event == event && reflect.ValueOf(l.fn).Pointer() == code
	}, false)
}

// RemoveAllListeners removes the listeners of one event and reports whether it
// had any.
func (e *Emitter) RemoveAllListeners(event events.EventName) bool {
	return e.remove(func(l listener) bool { return l.event == event }, true)
}

// Clear removes all listeners.
func (e *Emitter) Clear() {
	e.remove(func(listener) bool { return true }, true)
}

// Listeners returns the listeners of an event.
func (e *Emitter) Listeners(event events.EventName) []events.Listener {
	var fns []events.Listener
	for _, l := range e.snapshot() {
		if l.event == event {
			fns = append(fns, l.fn)
		}
	}
	return fns
}

// ListenerCount is the number of listeners of an event.
func (e *Emitter) ListenerCount(event events.EventName) int { return len(e.Listeners(event)) }

// EventNames lists the events that have listeners.
func (e *Emitter) EventNames() []events.EventName {
	var names []events.EventName
	for _, l := range e.snapshot() {
		if !slices.Contains(names, l.event) {
			names = append(names, l.event)
		}
	}
	return names
}

// Len is the number of events that have listeners.
func (e *Emitter) Len() int { return len(e.EventNames()) }

// SetMaxListeners does nothing: the number is not limited.
func (e *Emitter) SetMaxListeners(uint) {}

// GetMaxListeners is always 0, no limit.
func (e *Emitter) GetMaxListeners() uint { return 0 }
