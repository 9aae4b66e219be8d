package adapter

import (
	"sync"
	"time"

	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"
)

// BroadcastWithAck sends packet to the sockets that match opts, after it told
// how many they are, and hands on what each of them answers, once each and one
// after another: the first argument, as the protocol's other servers do, so that
// answers can be counted. The only receiver of a packet that expects a single
// response answers with all its arguments, as one value.
func (l *local) BroadcastWithAck(packet *parser.Packet, opts *socket.BroadcastOptions, clientCount func(uint64), ack socket.Ack) {
	single := opts != nil && opts.Flags != nil && opts.Flags.ExpectSingleResponse
	if single && len(l.matching(opts)) == 0 {
		return // told of none, the library takes the answer it has not got: it times out instead
	}
	l.broadcastWithAck(packet, opts, clientCount, func(args []any, err error) {
		ack([]any{answerOf(args, single)}, err)
	})
}

// broadcastWithAck is BroadcastWithAck that hands on all the arguments of an answer.
func (l *local) broadcastWithAck(packet *parser.Packet, opts *socket.BroadcastOptions, clientCount func(uint64), ack socket.Ack) {
	id := l.Nsp().Ids()
	packet.Id = &id
	out := l.newBroadcast(writeOptionsOf(opts), packet)
	receivers := l.matching(opts)
	clientCount(uint64(len(receivers)))
	q := &question{ack: ack, waiting: len(receivers)}
	for _, r := range receivers {
		answered := false
		r.socket.Acks().Store(id, func(args []any, err error) {
			q.mu.Lock()
			defer q.mu.Unlock()
			if !answered {
				answered = true
				q.answer(args, err)
			}
		})
		out.notify(r)
	}
	out.sendTo(receivers)
	q.expireAfter(answerTime(opts), func() {
		for _, r := range receivers {
			r.socket.Acks().Delete(id)
		}
	})
}

// question is a broadcast whose answers are awaited.
type question struct {
	mu      sync.Mutex // who counts the answers does not expect two at a time
	ack     socket.Ack
	waiting int // how many clients did not answer yet
	expiry  *time.Timer
}

// answer is called with q.mu held.
func (q *question) answer(args []any, err error) {
	q.waiting--
	if q.waiting == 0 && q.expiry != nil {
		q.expiry.Stop()
	}
	q.ack(args, err)
}

// expireAfter has the answers that are still awaited by then forgotten: a client that
// never answers would keep all that it was ever asked for as long as it stays.
func (q *question) expireAfter(wait time.Duration, forget func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waiting > 0 {
		q.expiry = time.AfterFunc(wait, forget)
	}
}

// unboundedAnswers is how long answers are awaited where nothing says how long.
const unboundedAnswers = time.Minute

// answerTime is how long who asks waits for answers. What comes later is of no use.
func answerTime(opts *socket.BroadcastOptions) time.Duration {
	if opts == nil || opts.Flags == nil || opts.Flags.Timeout == nil {
		return unboundedAnswers
	}
	return *opts.Flags.Timeout
}

// answerOf is the one value that stands for a client's answer.
func answerOf(args []any, single bool) any {
	switch {
	case single:
		return args // the library takes it apart again
	case len(args) > 0:
		return args[0]
	}
	return nil
}
