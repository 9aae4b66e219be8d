package bench

import (
	"errors"
	"fmt"
)

// errClosed means that the server ended a connection.
var errClosed = errors.New("closed by the server")

// link is what a client writes to. Its methods are called with the client's
// worker locked.
type link interface {
	write(data []byte) error
	close()
}

// client is one Socket.IO connection after its handshake. Its worker's lock
// guards it.
type client struct {
	index int
	w     *worker
	link  link
	part  []byte // the start of a frame whose end has not come
	gone  bool
}

// handler is what a kind of load does with its clients. Its methods are called
// with the client's worker locked.
type handler interface {
	// packet is given each Socket.IO packet of a client; it is valid until
	// packet returns.
	packet(c *client, packet []byte)
}

// take reads frames from data, and answers pings.
func (c *client) take(data []byte) error {
	if len(c.part) > 0 {
		c.part = append(c.part, data...)
		data = c.part
	}
	for len(data) > 0 {
		op, body, length, err := decodeFrame(data)
		if err != nil {
			return err
		}
		if length == 0 {
			break
		}
		if err := c.frame(op, body); err != nil {
			return err
		}
		data = data[length:]
	}
	switch {
	case len(data) > 0:
		c.part = append(c.part[:0], data...) // may overlap: append moves as copy does
	case cap(c.part) > 0:
		c.part = nil
	}
	return nil
}

func (c *client) frame(op byte, body []byte) error {
	switch op {
	case opClose:
		return errClosed
	case opPing:
		return c.write(opPong, body)
	case opText:
	default:
		return nil
	}
	if len(body) == 0 {
		return fmt.Errorf("%w: an empty packet", errFrame)
	}
	switch body[0] {
	case '4':
		c.w.handler.packet(c, body[1:])
	case '2':
		return c.write(opText, []byte("3"))
	case '1':
		return errClosed
	}
	return nil
}

// write sends a frame; an error has ended the client by the time it is seen.
func (c *client) write(op byte, body []byte) error {
	if c.gone {
		return errClosed
	}
	c.w.scratch = appendFrame(c.w.scratch[:0], op, body)
	if err := c.link.write(c.w.scratch); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	return nil
}

// send sends a Socket.IO packet, and drops the client where that fails.
func (c *client) send(packet []byte) {
	if err := c.write(opText, packet); err != nil {
		c.w.drop(c, err)
	}
}
