package engineio

import (
	"crypto/rand"
	"encoding/base64"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zishang520/engine.io/v2/engine"
	"github.com/zishang520/engine.io/v2/transports"
	"github.com/zishang520/engine.io/v2/types"
)

// Server is an Engine.IO server. It is an http.Handler for the path it is
// mounted on, and an engine.BaseServer for socket.io/v2's Server.Bind, whose
// "connection" event it emits with each *Socket.
type Server struct {
	engine.BaseServer

	cfg         Config
	admission   *admission
	sending     *sendingLimits
	beat        *heartbeat
	flushers    []*flusher
	flusherNext atomic.Uint64
	noTransport transports.Transport
	deflated    deflateCache

	mu       sync.RWMutex
	sessions map[string]*Socket
	closed   bool
	empty    chan struct{} // closed once the server is closing and has no session

	stop     chan struct{}
	stopOnce sync.Once
	workers  sync.WaitGroup

	readers readers
	looping sync.WaitGroup

	slowConsumers atomic.Uint64
}

var _ engine.BaseServer = (*Server)(nil)

// New makes a server and starts its heartbeat; Close ends it.
func New(cfg Config) *Server {
	cfg = cfg.withDefaults()
	s := &Server{
		BaseServer:  engine.MakeBaseServer(),
		cfg:         cfg,
		admission:   newAdmission(cfg.Limits, cfg.Logger),
		sending:     newSendingLimits(cfg.Limits, cfg.Logger),
		beat:        newHeartbeat(cfg.longestWait()),
		noTransport: transports.MakeTransport(),
		sessions:    map[string]*Socket{},
		empty:       make(chan struct{}),
		stop:        make(chan struct{}),
	}
	s.Prototype(s)
	s.BaseServer.Construct(nil)
	s.workers.Go(func() { s.beat.run(s.stop) })
	for range runtime.GOMAXPROCS(0) {
		f := newFlusher()
		s.flushers = append(s.flushers, f)
		s.workers.Go(func() { f.run(s.stop) })
		if !cfg.GoroutineReads {
			s.addLoop()
		}
	}
	return s
}

// addLoop starts one more goroutine that reads websockets.
func (s *Server) addLoop() {
	l, err := newLoop()
	if err != nil {
		return // then they are read by a goroutine each
	}
	s.readers.loops = append(s.readers.loops, l)
	s.looping.Go(l.run)
}

// Stats counts what operators watch.
type Stats struct {
	Sessions      int    // open or closing
	SlowConsumers uint64 // closed because they read too slowly

	// Handshakes that were refused, by the limit they were beyond.
	RefusedConnections        uint64 // Limits.MaxConnections
	RefusedRate               uint64 // Limits.MaxHandshakeRate
	RefusedAddressConnections uint64 // Limits.MaxConnectionsPerAddress
	RefusedAddressRate        uint64 // Limits.MaxHandshakeRatePerAddress

	// Sessions that were not read for a while: Limits.MaxEventRate or
	// Limits.MaxReceiveRate.
	Slowed uint64
}

// Stats reads the counters.
func (s *Server) Stats() Stats {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return Stats{
		Sessions:                  len(s.sessions),
		SlowConsumers:             s.slowConsumers.Load(),
		RefusedConnections:        s.admission.full.Count(),
		RefusedRate:               s.admission.fast.Count(),
		RefusedAddressConnections: s.admission.addressFull.Count(),
		RefusedAddressRate:        s.admission.addressFast.Count(),
		Slowed:                    s.sending.slowed.Count(),
	}
}

// Clients is a snapshot of the sessions by their id.
func (s *Server) Clients() *types.Map[string, engine.Socket] {
	clients := &types.Map[string, engine.Socket]{}
	for _, session := range s.snapshot() {
		clients.Store(session.id, session)
	}
	return clients
}

// ClientsCount is the number of sessions.
func (s *Server) ClientsCount() uint64 { return uint64(s.Stats().Sessions) }

// refuseNew makes every further handshake fail.
func (s *Server) refuseNew() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	if len(s.sessions) == 0 {
		close(s.empty)
	}
}

// Close refuses new sessions, closes those there are once what is queued for
// each has been sent, for at most Config.CloseTimeout, and ends the server. No
// goroutine of it is left.
func (s *Server) Close() engine.BaseServer {
	s.refuseNew()
	patience := time.NewTimer(s.cfg.CloseTimeout)
	defer patience.Stop()
	for _, session := range s.snapshot() {
		session.Close(false)
	}
	select {
	case <-s.empty:
	case <-time.After(min(absentTime, s.cfg.CloseTimeout)):
		s.endAbsent()
	}
	select {
	case <-s.empty:
	case <-patience.C:
		for _, session := range s.snapshot() {
			session.end(ReasonForcedClose, nil)
		}
		patience.Reset(0)
	}
	s.stopOnce.Do(func() { close(s.stop) })
	s.workers.Wait()
	s.readers.close(patience.C)
	s.looping.Wait()
	return s
}

// absentTime is how long a closing server waits for the next poll of a session:
// one that comes later than that has most likely lost its client.
const absentTime = time.Second

// endAbsent ends the sessions that no poll fetches the last packets of.
func (s *Server) endAbsent() {
	for _, session := range s.snapshot() {
		session.mu.Lock()
		absent := session.ws == nil
		session.mu.Unlock()
		if absent {
			session.end(ReasonForcedClose, nil)
		}
	}
}

func (s *Server) snapshot() []*Socket {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]*Socket, 0, len(s.sessions))
	for _, session := range s.sessions {
		all = append(all, session)
	}
	return all
}

func (s *Server) session(id string) *Socket {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.sessions[id]
}

// remember enters a session into the table, unless the server is closing.
func (s *Server) remember(session *Socket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.sessions[session.id] = session
	return true
}

func (s *Server) forget(session *Socket) {
	s.beat.stop(session)
	if s.remove(session) {
		session.leave()
	}
}

// remove takes a session out of the table, and tells whether it was there.
func (s *Server) remove(session *Socket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessions[session.id] != session {
		return false
	}
	delete(s.sessions, session.id)
	if s.closed && len(s.sessions) == 0 {
		close(s.empty)
	}
	return true
}

// nextFlusher spreads the sessions over the flushers.
func (s *Server) nextFlusher() *flusher {
	return s.flushers[s.flusherNext.Add(1)%uint64(len(s.flushers))]
}

// newID is a session id of Node's form: 15 random bytes in 20 characters.
func newID() string {
	var b [15]byte
	_, _ = rand.Read(b[:]) // documented never to fail
	return base64.RawURLEncoding.EncodeToString(b[:])
}
