package adapter

import (
	"log/slog"
	"slices"
	"time"

	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"
)

// ownWait is how long this node's own clients wait for a broadcast to come back from
// the stream. After that they get it without its offset.
const ownWait = time.Second

// ownBroadcast is one of this node that its own clients have not got yet.
type ownBroadcast struct {
	data string // of the entry, "" where there is none
	at   time.Time
	run  func() // set when it can be delivered
}

// Broadcast sends packet to the sockets that match opts, on all nodes. Where sessions
// are restored, those of this node get it when it comes back from the stream: in the
// order of the stream, which is the only one by which it can be told what a client has
// missed. While Redis is away they get it at once.
func (s *streams) Broadcast(packet *parser.Packet, opts *socket.BroadcastOptions) {
	r := s.recovery
	if r == nil || isLocal(opts) {
		s.exchange.Broadcast(packet, opts)
		return
	}
	if packet.Id != nil {
		// To one socket, here, which is asked for an answer: that is for this node
		// alone, behind what was sent before.
		r.add(&ownBroadcast{run: func() { s.local.Broadcast(packet, opts) }}, nil)
		return
	}
	data := s.entryData(s.broadcastMessage(packet, wireOptionsOf(opts), ""))
	r.add(&ownBroadcast{data: string(data)}, func() bool { return s.addEntry(peerBroadcast, data) })
}

// BroadcastBatch implements BatchBroadcaster, as Broadcast.
func (s *streams) BroadcastBatch(packets []*parser.Packet, opts *socket.BroadcastOptions) {
	s.local.batchThrough(s.Broadcast, packets, opts)
}

// add puts a broadcast behind those that wait, and sends it in the same order. One that
// was not taken does not come back.
func (r *recovery) add(b *ownBroadcast, send func() (taken bool)) {
	b.at = time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.own = append(r.own, b)
	if send != nil && !send() {
		r.release(r.own[len(r.own)-1:])
	}
	if connected, _, _ := r.s.stream.state.get(); !connected {
		r.release(r.own)
	}
	r.flush()
	if len(r.own) > 0 && r.timer == nil && !r.closed {
		r.timer = time.AfterFunc(ownWait, r.expire)
	}
}

// returned delivers a broadcast that has come back. One that nobody waits for was
// delivered before.
func (r *recovery) returned(e readEntry) {
	r.mu.Lock()
	i := slices.IndexFunc(r.own, func(b *ownBroadcast) bool { return b.run == nil && b.data == e.data })
	if i >= 0 {
		r.own[i].run = func() { r.serve(e) }
	}
	r.due = append(r.due, r.ready()...)
	r.mu.Unlock()
	for r.next() { // here, in lane, is its place among those of other nodes
	}
}

// next delivers the first broadcast that is due, if there is one. It runs in lane.
func (r *recovery) next() bool {
	r.mu.Lock()
	if len(r.due) == 0 {
		r.mu.Unlock()
		return false
	}
	b := r.due[0]
	r.due = r.due[1:]
	r.mu.Unlock()
	b.run()
	return true
}

// serve delivers an entry of this node to its own sockets.
func (r *recovery) serve(e readEntry) {
	m, err := r.s.readEntry(e)
	if err == nil {
		err = r.s.serveBroadcast(m)
	}
	if err != nil { // a value of which nothing is left on the wire
		r.s.log.Error("a broadcast of this node cannot be read", slog.Any("reason", err))
	}
}

// release has broadcasts delivered without their offsets. The caller holds mu.
func (r *recovery) release(late []*ownBroadcast) {
	for _, b := range late {
		if b.run == nil {
			b.run = func() { r.serve(readEntry{kind: peerBroadcast, uid: r.s.uid, data: b.data}) }
		}
	}
}

// flush has delivered what can be, in order: behind what waits in lane, unless one that
// comes back there before is to follow. The caller holds mu.
func (r *recovery) flush() {
	for _, b := range r.ready() {
		r.due = append(r.due, b)
		r.s.lane.always(func() { r.next() })
	}
}

// ready takes those that can be delivered. The caller holds mu.
func (r *recovery) ready() []*ownBroadcast {
	n := 0
	for n < len(r.own) && r.own[n].run != nil {
		n++
	}
	ready := r.own[:n]
	r.own = r.own[n:]
	return ready
}

// expire releases what has waited for too long.
func (r *recovery) expire() {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	late := 0
	for late < len(r.own) && now.Sub(r.own[late].at) >= ownWait {
		late++
	}
	r.release(r.own[:late])
	r.flush()
	r.timer = nil
	if len(r.own) > 0 && !r.closed {
		r.timer = time.AfterFunc(ownWait-now.Sub(r.own[0].at), r.expire)
	}
}
