package engineio

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"weak"

	"github.com/gobwas/ws"
	"github.com/zishang520/engine.io-go-parser/packet"
	"github.com/zishang520/engine.io/v2/engine"
	"github.com/zishang520/engine.io/v2/transports"
	"github.com/zishang520/engine.io/v2/types"

	"nudge/server/internal/emitter"
)

type state uint8

const (
	stateOpen state = iota
	stateClosing
	stateClosed
)

// Socket is one session: an engine.Socket for socket.io/v2. Its events are
// "data" with a *Message, and "close" with a reason and, where there is one, an
// error.
type Socket struct {
	// What a broadcast looks at comes first, to lie in one cache line of the
	// processor: a broadcast to thousands waits for little else.
	mu        sync.Mutex // guards all down to context
	state     state
	posting   bool       // a request brings packets, in polling
	revision  revision   // for good
	upgraded  bool       // from polling to websocket
	blocked   bool       // a goroutine waits for the websocket to take more
	dirty     bool       // a flusher will come by
	ending    bool       // end has been called, or is about to be
	awaitPong bool       // a ping has been sent
	resumed   bool       // reading goes on since, after a pause
	ws        *websocket // the transport; nil for polling
	poll      *poll      // the request that waits for packets, in polling
	out       outbox

	probe    *websocket // asks to become the transport
	late     []byte     // a pong to be sent once the websocket takes more
	onDrain  []func()
	observer Observer
	sent     sending
	context  weak.Pointer[types.HttpContext] // of request

	emitter.Emitter

	srv       *Server
	id        string
	handshake keptRequest
	flusher   *flusher
	leave     func() // gives up its place among the sessions

	in      sync.Mutex // held while a packet is handed on, and until announced
	message Message    // the one being handed on
	gate    gate

	timer timerLinks // guarded by the heartbeat
	due   *Socket    // chain of sessions the heartbeat has taken out
}

var _ engine.Socket = (*Socket)(nil)

func newSocket(srv *Server, id string, r *http.Request) *Socket {
	s := &Socket{srv: srv, id: id, handshake: keepRequest(r), flusher: srv.nextFlusher()}
	if srv.cfg.AllowEIO3 {
		s.revision = revisionOf(r)
	}
	s.in.Lock()
	return s
}

// Id is the session id, which only its client may know.
func (s *Socket) Id() string { return s.id } //nolint:revive // engine.Socket spells it so

// Protocol is the Engine.IO revision: 4, or 3 where Config.AllowEIO3 lets it in.
func (s *Socket) Protocol() int {
	if s.revision != revision4 {
		return 3
	}
	return 4
}

// ReadyState is "open", "closing" (what is queued is still sent) or "closed".
func (s *Socket) ReadyState() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return [...]string{"open", "closing", "closed"}[s.state]
}

// Upgraded tells whether the session went from polling to websocket.
func (s *Socket) Upgraded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.upgraded
}

// Upgrading tells whether a websocket is about to become the transport.
func (s *Socket) Upgrading() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.probe != nil
}

// SetReadyState does nothing. Like Construct and MaybeUpgrade it is how the
// library's own engine drives a session, and completes engine.Socket.
func (s *Socket) SetReadyState(string) {}

// Construct does nothing: see SetReadyState.
func (s *Socket) Construct(string, engine.BaseServer, transports.Transport, *types.HttpContext, int) {
}

// MaybeUpgrade does nothing: see SetReadyState.
func (s *Socket) MaybeUpgrade(transports.Transport) {}

// Observer follows one session.
type Observer interface {
	// Closed is called once, in a goroutine of its own, when the session has
	// ended. It must call emit, which emits the "close" event; events that were
	// received before the end can so be handled first.
	Closed(emit func())
}

// Attach sets the session's observer.
func (s *Socket) Attach(o Observer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.observer = o
}

// Observer is what was attached, or nil.
func (s *Socket) Observer() Observer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.observer
}

// Pause stops reading from this client until Resume has been called as often.
// What was read already may still be delivered.
func (s *Socket) Pause() { s.gate.hold() }

// Resume undoes one Pause.
func (s *Socket) Resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resume()
}

// resume is Resume, from under mu. The answer to a ping that came meanwhile may
// have to be read yet.
func (s *Socket) resume() {
	s.resumed = s.awaitPong
	s.gate.release()
}

// Send is Write.
func (s *Socket) Send(data io.Reader, opts *packet.Options, cb engine.SendCallback) engine.Socket {
	return s.Write(data, opts, cb)
}

// Write queues one message, text from a *types.StringBuffer or *strings.Reader,
// binary from any other reader, and writes it at once where nothing is queued
// before it. cb is called when the outbox has drained.
func (s *Socket) Write(data io.Reader, _ *packet.Options, cb engine.SendCallback) engine.Socket {
	frame, err := messageFrame(data)
	if err != nil {
		s.srv.cfg.Logger.Error("message dropped: its data cannot be read", "error", err)
		return s
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != stateOpen || s.ending {
		return s
	}
	s.send(frame)
	if cb != nil {
		s.onDrain = append(s.onDrain, func() { cb(s.Transport()) })
		if s.out.len() == 0 {
			s.drained()
		}
	}
	return s
}

// messageFrame is the frame of a message packet with data.
func messageFrame(data io.Reader) ([]byte, error) {
	switch data := data.(type) {
	case *types.StringBuffer:
		return newFrame(ws.OpText, "4", data.Bytes()), nil
	case interface{ Bytes() []byte }:
		return newFrame(ws.OpBinary, "", data.Bytes()), nil
	case *strings.Reader:
		b, err := io.ReadAll(data)
		return newFrame(ws.OpText, "4", b), err
	default:
		b, err := io.ReadAll(data)
		return newFrame(ws.OpBinary, "", b), err
	}
}

// WriteFrames sends ready packets: complete unmasked websocket frames, one
// behind the other, each of one Engine.IO packet: text "4…", or binary. They may
// be shared by any number of sessions and must not change. They are written at
// once where nothing is queued before them, or, where later is set, soon, with
// what is queued by then. Volatile ones are dropped where the client is not ready
// to receive.
func (s *Socket) WriteFrames(frames []byte, volatile, later bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.state != stateOpen || s.ending || volatile && !s.writable():
	case !later && !s.dirty:
		s.send(frames)
	default:
		s.push(frames)
		if !s.dirty && s.writable() {
			s.dirty = true
			s.flusher.add(s)
		}
	}
}

// writable tells whether the transport takes packets now.
func (s *Socket) writable() bool {
	if s.ws != nil {
		return !s.blocked
	}
	return s.poll != nil
}

// outgoing is the form that frames take on this session.
func (s *Socket) outgoing(frames []byte) []byte {
	if s.revision != revision4 {
		frames = frames3(frames, s.revision)
	}
	if s.ws != nil && s.ws.deflates && len(frames) >= s.srv.cfg.CompressFrom {
		return s.srv.deflated.get(frames, s.srv.cfg.CompressFrom)
	}
	return frames
}

// push queues frames, or ends a session that has fallen too far behind.
func (s *Socket) push(frames []byte) {
	s.out.push(s.outgoing(frames))
	if s.out.weight() > s.srv.cfg.MaxOutbox && s.state == stateOpen {
		s.endLater(ReasonTransportError, ErrSlowConsumer)
	}
}
