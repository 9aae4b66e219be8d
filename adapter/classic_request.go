package adapter

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"
)

// The requests and responses of the classic adapter.
const (
	classicSockets = iota
	classicAllRooms
	classicJoin
	classicLeave
	classicDisconnect
	classicFetch
	classicServerSideEmit
	classicBroadcast
	classicClientCount
	classicAck
)

// classicGoodbye is a request of nodes of Go alone, which asks for nothing. Those of Node
// pass over types that they do not know.
const classicGoodbye = 100

// ServerCount is how many nodes have this namespace; where Redis does not say so at once,
// how many there were when it last did, -1 where it never has. One that was there in the
// last two seconds counts: an emit that asks for acknowledgements, which the library
// compares with this, is not complete without it.
func (c *classic) ServerCount() int64 { return c.nodes.promptly() }

func (c *classic) census() *census { return c.nodes }

// request begins a request as JSON, with so many members besides uid and type.
func (c *classic) request(kind int64, id string, members int) *wireWriter {
	if id != "" {
		members++
	}
	w := newJSONWriter(c.log).object(members + 2)
	w.key("uid").string(c.uid)
	if id != "" {
		w.key("requestId").string(id)
	}
	return w.key("type").number(kind)
}

// AddSockets makes the sockets that match opts join rooms, on all nodes. Those of this
// node have when it returns, so that an emit to the rooms reaches them, and those of
// the others, which get it behind this.
func (c *classic) AddSockets(opts *socket.BroadcastOptions, rooms []socket.Room) {
	c.local.AddSockets(opts, rooms)
	if !isLocal(opts) {
		w := c.request(classicJoin, "", 2).key("opts").requestOptions(wireOptionsOf(opts))
		c.publish(c.names.request, w.key("rooms").strings(rooms).end())
	}
}

// DelSockets makes the sockets that match opts leave rooms, as AddSockets does.
func (c *classic) DelSockets(opts *socket.BroadcastOptions, rooms []socket.Room) {
	c.local.DelSockets(opts, rooms)
	if !isLocal(opts) {
		w := c.request(classicLeave, "", 2).key("opts").requestOptions(wireOptionsOf(opts))
		c.publish(c.names.request, w.key("rooms").roomList(rooms).end())
	}
}

// DisconnectSockets disconnects the sockets that match opts, as AddSockets does.
func (c *classic) DisconnectSockets(opts *socket.BroadcastOptions, closeConn bool) {
	if !isLocal(opts) {
		w := c.request(classicDisconnect, "", 2).key("opts").requestOptions(wireOptionsOf(opts))
		c.publish(c.names.request, w.key("close").bool(closeConn).end())
	}
	c.local.DisconnectSockets(opts, closeConn)
}

// gather asks the other nodes, and calls each with every answer and end once, behind
// the last. ask is written before it is known how many will answer, as that is asked
// of Redis first. Nobody waits here: it goes on in a goroutine.
func (c *classic) gather(name string, timeout time.Duration, ask func(id string) *wireWriter, each func(response map[string]any) error, end func(error)) {
	id := randomID(uidLength)
	message := ask(id)
	answers := newLane(c.log, c.cluster.pubsub.lanes)
	go func() {
		others, missed, err := c.nodes.others(context.Background())
		if err != nil || others == 0 {
			answers.always(func() { end(c.cluster.partial(name, missed, 0, err)) })
			return
		}
		answered := 0
		c.requests.add(id, timeout, &request{
			lane: answers,
			answer: func(response any) bool {
				m, _ := response.(map[string]any)
				if err := each(m); err != nil {
					if !errors.Is(err, errTwice) {
						c.cluster.pubsub.malformed(c.own, err)
					}
					return false
				}
				answered++
				return answered == others
			},
			end: func(err error) {
				end(c.cluster.partial(name, others+missed, answered, err))
			},
		})
		c.publish(c.names.request, message)
	}()
}

// errTwice means that an answer came before.
var errTwice = errors.New("an answer came twice")

// FetchSockets gives the sockets that match opts, of all nodes. Where some do not
// answer within RequestTimeout, or the flag's, it gives those of the others with an
// [*IncompleteError].
func (c *classic) FetchSockets(opts *socket.BroadcastOptions) func(func([]socket.SocketDetails, error)) {
	if isLocal(opts) {
		return c.local.FetchSockets(opts)
	}
	return func(callback func([]socket.SocketDetails, error)) {
		var found []socket.SocketDetails
		c.local.FetchSockets(opts)(func(own []socket.SocketDetails, _ error) { found = own })
		o := wireOptionsOf(opts)
		c.gather("fetchSockets", o.timeoutOr(c.cluster.cfg.RequestTimeout),
			func(id string) *wireWriter {
				return c.request(classicFetch, id, 1).key("opts").requestOptions(o).end()
			},
			func(response map[string]any) error {
				sockets, err := readSockets(response["sockets"])
				if err != nil {
					return err
				}
				if len(sockets) > 0 && slices.ContainsFunc(found, func(s socket.SocketDetails) bool { return s.Id() == sockets[0].Id() }) {
					return errTwice
				}
				found = append(found, sockets...)
				return nil
			},
			func(err error) { callback(found, err) })
	}
}

// AllRooms gives the rooms of all nodes, each once. Where some nodes do not answer,
// it gives those of the others with an [*IncompleteError]; where ctx ends first, with
// its error.
func (c *classic) AllRooms(ctx context.Context) ([]socket.Room, error) {
	rooms := map[socket.Room]struct{}{}
	for _, room := range c.Rooms().Keys() {
		rooms[room] = struct{}{}
	}
	done := make(chan error, 1)
	c.gather("allRooms", c.cluster.cfg.RequestTimeout, //nolint:contextcheck // the request ends by its own time, whoever waits
		func(id string) *wireWriter { return c.request(classicAllRooms, id, 0).end() },
		func(response map[string]any) error {
			if _, is := response["rooms"].([]any); !is {
				return wireError("rooms are no list")
			}
			others, err := readRooms(response["rooms"])
			for _, room := range others {
				rooms[room] = struct{}{}
			}
			return err
		},
		func(err error) { done <- err })
	select {
	case err := <-done:
		all := make([]socket.Room, 0, len(rooms))
		for room := range rooms {
			all = append(all, room)
		}
		slices.Sort(all)
		return all, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// ServerSideEmit emits to the other nodes. An acknowledgement at the end of packet is
// called with the first argument that each of them answers with; where some do not
// in time, with those of the others and an [*IncompleteError].
func (c *classic) ServerSideEmit(packet []any) error {
	ack, withAck := packet[len(packet)-1].(socket.Ack)
	if !withAck {
		c.publish(c.names.request, c.request(classicServerSideEmit, "", 1).key("data").values(packet).end())
		return nil
	}
	responses := []any{}
	c.gather("serverSideEmit", c.cluster.cfg.RequestTimeout,
		func(id string) *wireWriter {
			return c.request(classicServerSideEmit, id, 1).key("data").values(packet[:len(packet)-1]).end()
		},
		func(response map[string]any) error {
			responses = append(responses, response["data"])
			return nil
		},
		func(err error) { ack(responses, err) })
	return nil
}

// BroadcastWithAck sends packet to the sockets that match opts, on all nodes, and
// hands on how many they are on each and what each of them answers.
func (c *classic) BroadcastWithAck(packet *parser.Packet, opts *socket.BroadcastOptions, clientCount func(uint64), ack socket.Ack) {
	if isLocal(opts) {
		c.local.BroadcastWithAck(packet, opts, clientCount, ack)
		return
	}
	id := randomID(uidLength)
	o := wireOptionsOf(opts)
	w := classicBroadcastRequest(newPackedWriter(c.log), c.uid, id, packet, c.Nsp().Name(), o)
	answers := newAckCollector(o.flags.ExpectSingleResponse, clientCount, ack)
	c.requests.add(id, o.timeoutOr(c.cluster.cfg.RequestTimeout), &request{
		lane: newLane(c.log, c.cluster.pubsub.lanes),
		answer: func(response any) bool {
			m, _ := response.(map[string]any)
			var err error
			switch m["type"] {
			case float64(classicClientCount):
				err = answers.countedBy(m)
			case float64(classicAck):
				answers.answeredBy(m)
			default:
				err = errNoAck
			}
			if err != nil {
				c.cluster.pubsub.malformed(c.own, err)
			}
			return false // that all have answered is for the library to tell
		},
	})
	c.publish(c.names.request, w)
	c.broadcastWithAck(packet, opts, answers.count, func(args []any, _ error) { answers.answer(args) })
}

// classicBroadcastRequest writes a broadcast that is to be answered.
func classicBroadcastRequest(w *wireWriter, uid, id string, packet *parser.Packet, nsp string, o wireOptions) *wireWriter {
	return w.object(5).
		key("uid").string(uid).
		key("requestId").string(id).
		key("type").number(classicBroadcast).
		key("packet").packet(packet, nsp).
		key("opts").broadcastOptions(o).end()
}
