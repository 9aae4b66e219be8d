package adapter

import (
	"math"
	"sync"

	"github.com/zishang520/socket.io/v2/socket"
)

// errNoAck means that an answer to a broadcast is of a kind that says nothing of it.
var errNoAck = wireError("the answer is neither a count of clients nor an acknowledgement")

// ackCollector hands what nodes tell of a broadcast with acknowledgements to the
// library: one at a time, as it counts them without a lock.
//
// Where a single response is expected, as by the emit of a remote socket, the library
// takes the answer it has not got as soon as all nodes have been counted. So counts
// wait there until it is in.
type ackCollector struct {
	single      bool
	clientCount func(uint64)
	ack         socket.Ack

	mu       sync.Mutex
	answered bool
	counts   []uint64 // that wait
}

func newAckCollector(single bool, clientCount func(uint64), ack socket.Ack) *ackCollector {
	return &ackCollector{single: single, clientCount: clientCount, ack: ack}
}

// count takes how many clients of one node have got the packet.
func (a *ackCollector) count(n uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.single && !a.answered {
		a.counts = append(a.counts, n)
		return
	}
	a.clientCount(n)
}

// maxClients is the most clients that a node is believed to have.
const maxClients = 1 << 32

// countedBy takes the count of a node's message. It says why, where there is none to
// believe.
func (a *ackCollector) countedBy(fields map[string]any) error {
	n, ok := fields["clientCount"].(float64)
	if !ok || n < 0 || n > maxClients || n != math.Trunc(n) { // the last is true for NaN, too
		return wireError("the count of clients is no whole number that can be one")
	}
	a.count(uint64(n))
	return nil
}

// answeredBy takes the answer of a node's message.
func (a *ackCollector) answeredBy(fields map[string]any) {
	if argument, given := fields["packet"]; given {
		a.answer([]any{argument})
	} else {
		a.answer([]any{})
	}
}

// answer takes the arguments that a client answered with: of those on other nodes the
// first is known, if any. The library counts one value for each client, but takes a
// single response apart again.
func (a *ackCollector) answer(args []any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.single && a.answered {
		return
	}
	a.answered = true
	a.ack([]any{answerOf(args, a.single)}, nil)
	for _, n := range a.counts {
		a.clientCount(n)
	}
	a.counts = nil
}
