package adapter

import (
	"context"
	"errors"
	"time"

	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"
)

// gather asks the other nodes, and calls each with the answer of each node, which is of a
// kind, once, and end behind the last. How many will answer is asked of Redis first.
// Nobody waits here: it goes on in a goroutine.
func (x *exchange) gather(name string, timeout time.Duration, ask func(id string) peerMessage, kind int, each func(data map[string]any) error, end func(error)) {
	id := randomHex()
	message := ask(id)
	answers := newLane(x.log, x.cluster.pubsub.lanes)
	go func() {
		others, missed, err := x.nodes.others(context.Background())
		if err != nil || others == 0 {
			answers.always(func() { end(x.partial(name, missed, nil, err)) })
			return
		}
		answered := map[string]struct{}{}
		x.requests.add(id, timeout, &request{
			lane: answers,
			answer: func(message any) bool {
				response := message.(received)
				if _, twice := answered[response.uid]; twice {
					return false
				}
				err := errOtherAnswer
				if response.kind == kind {
					err = each(response.data)
				}
				if err != nil {
					x.cluster.pubsub.malformed(response.uid, err)
					return false
				}
				answered[response.uid] = struct{}{}
				return len(answered) == others
			},
			end: func(err error) {
				end(x.partial(name, others+missed, answered, err))
			},
		})
		x.publish(message)
	}()
}

// errOtherAnswer means that an answer is of another kind than what was asked for.
var errOtherAnswer = wireError("the answer is one to another kind of request")

// partial is Cluster.partial with the nodes that are missing.
func (x *exchange) partial(name string, expected int, answered map[string]struct{}, why error) error {
	err := x.cluster.partial(name, expected, len(answered), why)
	var incomplete *IncompleteError
	if errors.As(err, &incomplete) {
		incomplete.Missing = x.peers.without(answered, max(expected-len(answered), 0))
	}
	return err
}

// FetchSockets gives the sockets that match opts, of all nodes. Where some do not
// answer within RequestTimeout, or the flag's, it gives those of the others with an
// [*IncompleteError].
func (x *exchange) FetchSockets(opts *socket.BroadcastOptions) func(func([]socket.SocketDetails, error)) {
	if isLocal(opts) {
		return x.local.FetchSockets(opts)
	}
	return func(callback func([]socket.SocketDetails, error)) {
		var found []socket.SocketDetails
		x.local.FetchSockets(opts)(func(own []socket.SocketDetails, _ error) { found = own })
		o := wireOptionsOf(opts)
		x.gather("fetchSockets", o.timeoutOr(x.cluster.cfg.RequestTimeout),
			func(id string) peerMessage { return fetchMessage(o, id) },
			peerFetchAnswer,
			func(data map[string]any) error {
				sockets, err := readSockets(data["sockets"])
				found = append(found, sockets...)
				return err
			},
			func(err error) { callback(found, err) })
	}
}

// ServerSideEmit emits to the other nodes. An acknowledgement at the end of packet is
// called with the first argument that each of them answers with; where some do not
// in time, with those of the others and an [*IncompleteError].
func (x *exchange) ServerSideEmit(packet []any) error {
	ack, withAck := packet[len(packet)-1].(socket.Ack)
	if !withAck {
		x.publish(eventMessage(packet, ""))
		return nil
	}
	responses := []any{}
	x.gather("serverSideEmit", x.cluster.cfg.RequestTimeout,
		func(id string) peerMessage { return eventMessage(packet[:len(packet)-1], id) },
		peerEventAnswer,
		func(data map[string]any) error {
			responses = append(responses, data["packet"])
			return nil
		},
		func(err error) { ack(responses, err) })
	return nil
}

// BroadcastWithAck sends packet to the sockets that match opts, on all nodes, and
// hands on how many they are on each and what each of them answers.
func (x *exchange) BroadcastWithAck(packet *parser.Packet, opts *socket.BroadcastOptions, clientCount func(uint64), ack socket.Ack) {
	if isLocal(opts) {
		x.local.BroadcastWithAck(packet, opts, clientCount, ack)
		return
	}
	id := randomHex()
	o := wireOptionsOf(opts)
	answers := newAckCollector(o.flags.ExpectSingleResponse, clientCount, ack)
	counted := map[string]struct{}{}
	x.requests.add(id, o.timeoutOr(x.cluster.cfg.RequestTimeout), &request{
		lane: newLane(x.log, x.cluster.pubsub.lanes),
		answer: func(message any) bool {
			response := message.(received)
			var err error
			switch response.kind {
			case peerAck:
				answers.answeredBy(response.data)
			case peerClientCount:
				if _, twice := counted[response.uid]; twice {
					break
				}
				if err = answers.countedBy(response.data); err == nil {
					counted[response.uid] = struct{}{}
				}
			default:
				err = errNoAck
			}
			if err != nil {
				x.cluster.pubsub.malformed(response.uid, err)
			}
			return false // that all have answered is for the library to tell
		},
	})
	x.publish(x.broadcastMessage(packet, o, id))
	x.broadcastWithAck(packet, opts, answers.count, func(args []any, _ error) { answers.answer(args) })
}
