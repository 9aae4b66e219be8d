package adapter

import (
	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io/v2/socket"
)

// roomEvent is one of the adapter's own events.
type roomEvent struct {
	name types.EventName
	room socket.Room
	id   socket.SocketId // "" for those of a room alone
}

// happened notes an event, to be emitted once no lock is held.
func (l *local) happened(name types.EventName, room socket.Room, id socket.SocketId) {
	l.pending = append(l.pending, roomEvent{name, room, id})
}

// emitAndUnlock emits what has happened, in that order whoever made it happen:
// a listener that keeps something for each room, a subscription say, must not
// see a room end after it has begun anew. So one goroutine emits at a time, and
// takes on what others add meanwhile, a listener among them; their calls return
// before their events are emitted. It is called with mu locked.
func (l *local) emitAndUnlock() {
	defer l.mu.Unlock()
	if l.emitting {
		return
	}
	l.emitting = true
	defer func() { l.emitting = false }()
	for len(l.pending) > 0 {
		events := l.pending
		l.pending = nil
		l.emitUnlocked(events)
	}
}

// emitUnlocked gives mu up for the time of the listeners, should one of them
// panic too: what is left then is emitted before what happens next.
func (l *local) emitUnlocked(events []roomEvent) {
	defer func() {
		if len(events) > 0 {
			l.pending = append(events, l.pending...)
		}
	}()
	l.mu.Unlock()
	defer l.mu.Lock()
	for len(events) > 0 {
		e := events[0]
		events = events[1:]
		if e.id == "" {
			l.Emit(e.name, e.room)
		} else {
			l.Emit(e.name, e.room, e.id)
		}
	}
}
