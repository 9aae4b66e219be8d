package engineio

import (
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
)

// lingerTime bounds how long a websocket that was closed from here is still
// read, so that the kernel does not throw away what the client has yet to read.
const lingerTime = 5 * time.Second

// goodbyeTime bounds how long an ended session's last write may still take.
const goodbyeTime = time.Second

// errPeerClosed ends the reading of a websocket whose client sent a close frame.
var errPeerClosed = errors.New("closed by the client")

// websocket is one websocket connection: a session's transport, or one that
// asks to become it.
type websocket struct {
	netConn
	s        *Socket
	deflates bool // messages may be compressed
	answered bool // the probe has been; guarded by s.mu
	decoder  frameDecoder
	loop     *loop       // that reads it; nil for a goroutine of its own
	probing  atomic.Bool // not the transport yet
	deadline *time.Timer // ends a probe that takes too long; guarded by s.mu
	shutting atomic.Bool // nothing it still sends is of interest

	peerClosed atomic.Bool // a close frame came, and was answered
	linger     atomic.Pointer[time.Timer]
	goodbye    atomic.Pointer[[]byte] // what the goroutine that writes ends with

	// The reader's: what it took of the piece that it is at.
	events, inflated int

	writeFailed bool // that goroutine's: nothing can be said any more
}

// accept takes a websocket handshake, and returns the response that is to be
// written, which also carries the headers already set on w. Where it returns nil,
// it has refused.
func (s *Server) accept(w http.ResponseWriter, r *http.Request, session *Socket) (c *websocket, response []byte) {
	upgrader := ws.HTTPUpgrader{Header: w.Header()}
	var extension *negotiation
	if s.cfg.Compression {
		extension = newNegotiation()
		upgrader.Negotiate = extension.negotiate
	}
	held := heldResponse{ResponseWriter: w}
	conn, buffered, _, err := upgrader.Upgrade(r, &held) // which lifts the HTTP server's deadlines
	if err != nil {
		if conn != nil {
			_, _ = conn.Write(held.response.Bytes()) // nothing is queued before it: it does not wait
			_ = conn.Close()
		}
		return nil, nil
	}
	c = &websocket{s: session, decoder: frameDecoder{limit: s.cfg.MaxPayload}}
	c.init(conn)
	c.deflates = extension.agreed()
	c.decoder.deflate = c.deflates
	c.loop = s.readers.pick(&c.netConn)
	if n := buffered.Reader.Buffered(); n > 0 {
		// The client sent on without awaiting the answer.
		early, _ := buffered.Reader.Peek(n)
		c.decoder.early = append([]byte(nil), early...)
	}
	return c, held.response.Bytes()
}

// startWebsocket starts a session on a websocket, and tells whether it could.
func (s *Server) startWebsocket(w http.ResponseWriter, r *http.Request, session *Socket) bool {
	s.setCookie(w.Header(), session.id)
	c, response := s.accept(w, r, session)
	if c == nil {
		return false
	}
	session.ws = c
	session.out.push(response) // goes out in one write with the first packet
	session.out.push(s.openFrame(session.id))
	if !s.remember(session) {
		c.hangUp() // nobody reads it yet
		return false
	}
	s.announce(session)
	session.flush()
	s.readers.start(c)
	return true
}

// ended is called when reading c gave err. It tells whether to go on: a client
// that broke the protocol is told so, and has lingerTime to hear it.
func (c *websocket) ended(err error) bool {
	reason := ReasonTransportClose
	switch {
	case c.shutting.Load():
		return false
	case c.probing.Load():
		c.s.dropProbe(c)
		return errors.Is(err, ErrProtocol)
	case errors.Is(err, errPacket):
		reason = ReasonParseError
	case errors.Is(err, ErrProtocol):
		reason = ReasonTransportError
	default:
		err = nil
	}
	c.s.end(reason, err)
	return err != nil
}

// takeEarly takes what came together with the handshake.
func (c *websocket) takeEarly() error {
	early := c.decoder.early
	c.decoder.early = nil
	return c.take(early)
}

func (c *websocket) take(p []byte) error {
	if c.shutting.Load() {
		return nil
	}
	c.events, c.inflated = 0, 0
	err := c.decoder.feed(p, c)
	c.s.charge(c.events, len(p)+c.inflated)
	return err
}

// onMessage implements frameHandler.
func (c *websocket) onMessage(op ws.OpCode, payload []byte) error {
	c.events++
	if c.decoder.packed {
		c.inflated += len(payload)
	}
	switch {
	case c.probing.Load():
		return c.s.receiveProbe(c, op, payload)
	case op == ws.OpBinary:
		return c.s.receiveBinary(payload)
	}
	return c.s.receiveText(payload)
}

// onControl implements frameHandler.
func (c *websocket) onControl(op ws.OpCode, payload []byte) error {
	c.events++
	switch op {
	case ws.OpPing:
		c.s.control(c, newFrame(ws.OpPong, "", payload))
	case ws.OpClose:
		if err := checkClose(payload); err != nil {
			return err
		}
		c.s.control(c, newFrame(ws.OpClose, "", payload[:min(len(payload), 2)]))
		c.peerClosed.Store(true)
		return errPeerClosed
	}
	return nil
}

// checkClose judges the payload of a close frame.
func checkClose(payload []byte) error {
	if len(payload) == 0 {
		return nil
	}
	if len(payload) == 1 {
		return fmt.Errorf("%w: close frame of one byte", ErrProtocol)
	}
	if err := ws.CheckCloseFrameData(ws.ParseCloseFrameData(payload)); err != nil {
		return fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	return nil
}

// control sends a control frame in answer to one of c's.
func (s *Socket) control(c *websocket, frame []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ws != c:
		c.say(frame) // a probing one: nothing of the session is on it
	case s.state != stateOpen:
		// A close frame is on its way, behind which nothing may come.
	case s.blocked:
		// One answer to all pings of a client that does not read (RFC 6455,
		// 5.5.3), so that pings cannot fill the outbox.
		s.late = frame
	default:
		s.send(frame)
	}
}

// say sends a frame of a few bytes on a connection that nothing is queued for.
func (c *websocket) say(frame []byte) {
	if c.raw == nil {
		go func() {
			if c.writeAll(frame, time.Second) != nil {
				c.hangUp()
			}
		}()
		return
	}
	if n, _ := c.tryWrite(frame); n != len(frame) {
		c.hangUp() // the next frame would begin in the middle of this one
	}
}

// shut says goodbye with frame, if any, and leaves the connection to its reader,
// which closes it when the client has, or after lingerTime.
func (c *websocket) shut(frame []byte) {
	c.shutting.Store(true)
	switch {
	case frame == nil:
	case c.raw == nil:
		_ = c.writeAll(frame, time.Second)
	default:
		_, _ = c.tryWrite(frame)
	}
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	c.linger.Store(time.AfterFunc(lingerTime, c.close))
}

// shutAfterWrite has the goroutine that writes to c shut it with frame, once what
// it is writing is through, or close it if that takes longer than goodbyeTime.
func (c *websocket) shutAfterWrite(frame []byte) {
	c.goodbye.Store(&frame)
	_ = c.SetWriteDeadline(time.Now().Add(goodbyeTime))
}

// close closes the connection, at once.
func (c *websocket) close() {
	if c.loop != nil {
		c.loop.remove(c)
	}
	c.hangUp()
	if timer := c.linger.Load(); timer != nil {
		timer.Stop()
	}
	c.s.srv.readers.done(c)
}

// closeFrameFor is the close frame of a session that ended with err.
func closeFrameFor(err error) []byte {
	if !errors.Is(err, ErrProtocol) || errors.Is(err, errPacket) {
		return frameClose
	}
	return newFrame(ws.OpClose, "", ws.NewCloseFrameBody(closeCode(err), ""))
}
