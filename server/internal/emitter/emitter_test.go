package emitter

import (
	"reflect"
	"testing"

	"github.com/zishang520/engine.io/v2/events"
)

// TestEmitter runs one script on ours and on the library's, which what is around
// a decoder was written for.
func TestEmitter(t *testing.T) {
	script := func(e events.EventEmitter) (log []any) {
		note := func(name string) events.Listener {
			return func(args ...any) { log = append(log, name, args) }
		}
		first := func(args ...any) { log = append(log, "first", args) }
		must := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		e.Emit("a", 0)
		must(e.On("a", first, note("second")))
		must(e.AddListener("b", note("other")))
		must(e.On("a"))
		e.Emit("a", 1, "x")
		e.Emit("b")
		must(e.Once("a", note("once")))
		e.Emit("a", 2)
		e.Emit("a", 3)
		log = append(log, e.Len(), e.ListenerCount("b"), e.ListenerCount("c"), len(e.EventNames()), len(e.Listeners("b")))
		log = append(log, e.RemoveListener("b", first), e.RemoveListener("a", nil), e.RemoveListener("a", first))
		e.Emit("a", 4)
		log = append(log, e.RemoveAllListeners("b"), e.RemoveAllListeners("c"))
		e.Emit("b")
		e.Clear()
		e.Emit("a", 5)
		return append(log, e.Len())
	}
	got, want := script(&Emitter{}), script(events.New())
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// A nil listener is left out; the library's emitter panics over it later.
func TestEmitterNilListener(t *testing.T) {
	e := &Emitter{}
	if err := e.On("a", nil); err != nil || e.Len() != 0 {
		t.Errorf("%v, %d events", err, e.Len())
	}
	e.Emit("a")
}
