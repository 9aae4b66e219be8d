package server

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
	"nudge/frontend"
	"nudge/server/chat"
	"nudge/server/engineio"
	"nudge/server/internal/dispatch"
	"nudge/server/internal/occasions"
	"nudge/server/store"
)

// ErrRunning means that Run was called twice.
var ErrRunning = errors.New("the server runs already, or has ended")

// Server is one node of the chat.
type Server struct {
	cfg     Config
	log     *slog.Logger
	io      *socket.Server
	engine  *engineio.Server
	bridge  *adapter.Bridge
	bridges []*eventBridge
	cluster *adapter.Cluster // nil where the adapter is for this process alone
	chat    *chat.Chat
	store   *store.Redis // nil where messages are kept in this process, or not at all
	clients *chatClients // nil where version 1 is not spoken
	cors    *cors
	handler http.Handler
	page    bool // the chat page was built

	started      atomic.Bool
	draining     atomic.Bool
	listener     *boundedListener
	refusedRooms *occasions.Counter
	ready        chan struct{} // closed once it listens, or cannot
}

// New makes a server from cfg; it does not listen yet, but an adapter for a cluster
// connects: a server that is never run must have its IO closed. An error about
// cfg.RedisURL wraps adapter.ErrURL, one about cfg.Parser ErrParser, one about
// cfg.Adapter ErrAdapter, one about cfg.Bridges ErrBridge.
func New(cfg Config) (*Server, error) {
	cfg = withDefaults(cfg)
	s := &Server{
		cfg:          cfg,
		log:          cfg.Logger,
		cors:         newCORS(cfg.CORSOrigins),
		ready:        make(chan struct{}),
		listener:     newBoundedListener(),
		refusedRooms: occasions.New(cfg.Logger, "rooms per socket"),
	}
	if err := s.newRelay(); err != nil {
		return nil, err
	}
	if err := s.newBridges(); err != nil {
		return nil, err
	}
	if err := s.newIO(); err != nil {
		return nil, err
	}
	handler, err := s.routes()
	if err != nil {
		s.io.Close(nil)
		return nil, err
	}
	s.handler = handler
	return s, nil
}

func withDefaults(cfg Config) Config {
	cfg.Addr = cmp.Or(cfg.Addr, ":8000")
	cfg.Channel = cmp.Or(cfg.Channel, "MESSAGES")
	cfg.MaxPublish = cmp.Or(cfg.MaxPublish, 1_000_000)
	cfg.PublishQueue = cmp.Or(cfg.PublishQueue, 10_000)
	cfg.PublishWait = cmp.Or(cfg.PublishWait, 10*time.Second)
	cfg.MaxPayload = cmp.Or(cfg.MaxPayload, 1_000_000)
	cfg.PingInterval = cmp.Or(cfg.PingInterval, 25*time.Second)
	cfg.PingTimeout = cmp.Or(cfg.PingTimeout, 20*time.Second)
	cfg.Parser = cmp.Or(cfg.Parser, ParserJSON)
	cfg.HistoryLength = cmp.Or(cfg.HistoryLength, 1000)
	cfg.HistoryAge = cmp.Or(cfg.HistoryAge, 24*time.Hour)
	if cfg.NodeName == "" {
		cfg.NodeName = nodeName()
	}
	cfg.ShutdownTimeout = cmp.Or(cfg.ShutdownTimeout, 10*time.Second)
	cfg.Limits = cfg.Limits.withDefaults()
	if len(cfg.CORSOrigins) == 0 {
		cfg.CORSOrigins = []string{"*"}
	}
	if cfg.Page == nil {
		cfg.Page = frontend.Dist()
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	return cfg
}

// newIO puts the parts below socket.io/v2 together.
func (s *Server) newIO() error {
	codec, err := s.newParser()
	if err != nil {
		return err
	}
	adapters, err := s.newAdapter()
	if err != nil {
		return err
	}
	s.engine = engineio.New(engineio.Config{
		PingInterval: s.cfg.PingInterval,
		PingTimeout:  s.cfg.PingTimeout,
		MaxPayload:   s.cfg.MaxPayload,
		CloseTimeout: s.cfg.ShutdownTimeout / 2,
		MaxOutbox:    s.cfg.Limits.MaxOutbox,
		WriteTimeout: s.cfg.Limits.WriteTimeout,
		BodyTimeout:  s.cfg.Limits.BodyTimeout,
		Limits:       s.cfg.Limits.engine(),
		AllowRequest: s.cors.allowRequest,
		Cookie:       sessionCookie(s.cfg.Cookie),
		Compression:  s.cfg.Compression,
		AllowEIO3:    s.cfg.AllowEIO3,
		Logger:       s.log,
	})
	order := dispatch.Config{OnPanic: s.onPanic, Logger: s.log}
	opts := socket.DefaultServerOptions()
	opts.SetParser(dispatch.Parser(codec, order))
	opts.SetAdapter(dispatch.Adapter(adapters, order))
	if r := recovery(s.cfg.Recovery); r != nil {
		opts.SetConnectionStateRecovery(r)
	}
	s.io = socket.NewServer(nil, opts)
	s.io.Bind(s.engine)
	if s.clients != nil {
		s.clients.nsp = s.io.Sockets()
		s.clients.nsp.Use(s.admit)
	}
	return s.io.Sockets().On("connection", s.onConnection)
}

// nodeName is the host's name, and what tells processes on it apart.
func nodeName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "node"
	}
	return host + "-" + strings.ToLower(rand.Text()[:4])
}

// sessionCookie is the cookie of a name, nil for none.
func sessionCookie(name string) *http.Cookie {
	if name == "" {
		return nil
	}
	return &http.Cookie{Name: name}
}

// IO is the Socket.IO server, for handlers and namespaces of one's own.
func (s *Server) IO() *socket.Server { return s.io }

// Handler serves what Run serves, for a server of one's own. Run must be
// running all the same: it is what relays the messages.
func (s *Server) Handler() http.Handler { return s.handler }

// Addr waits until the server listens, and returns where; nil if it cannot, or if
// ctx ends first.
func (s *Server) Addr(ctx context.Context) net.Addr {
	select {
	case <-s.ready:
		return s.listener.address()
	case <-ctx.Done():
		return nil
	}
}

// Run listens and serves until ctx ends. Then it lets messages that wait be
// relayed, tells the clients, and returns nil. A second call returns ErrRunning.
func (s *Server) Run(ctx context.Context) error {
	if s.started.Swap(true) {
		return ErrRunning
	}
	err := s.listener.listen(ctx, s.cfg.Addr)
	close(s.ready)
	if err != nil {
		s.io.Close(nil)
		return err
	}
	addr := s.listener.address()
	s.logStart(addr)

	relaying, stopRelay := context.WithCancel(context.WithoutCancel(ctx))
	defer stopRelay()
	var relay sync.WaitGroup
	relay.Go(func() { _ = s.bridge.Run(relaying) }) // it fails only where it is run twice
	for _, b := range s.bridges {
		relay.Go(func() { _ = b.bridge.Run(relaying) })
	}
	relay.Go(func() { s.chat.Run(relaying) })
	if s.store != nil {
		relay.Go(func() { s.store.Run(relaying, s.chat) })
	}
	if s.cfg.DisableChat && s.cfg.RedisURL != "" {
		relay.Go(func() { store.Abstain(relaying, s.storeConfig()) })
	}

	web := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: s.cfg.Limits.HeaderTimeout,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    s.cfg.Limits.MaxHeader,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(s.listener) }()

	select {
	case err = <-failed:
		err = fmt.Errorf("serving on %s: %w", addr, err)
	case <-ctx.Done():
		s.log.Info("shutting down", "within", s.cfg.ShutdownTimeout)
	}
	s.draining.Store(true)
	stopRelay()
	relay.Wait() // what was sent is relayed, and what arrived is queued for its clients
	s.io.Close(nil)
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.ShutdownTimeout/5)
	defer cancel()
	if shutdownErr := web.Shutdown(closing); shutdownErr != nil {
		_ = web.Close()
	}
	if err == nil {
		s.log.Info("stopped")
	}
	return err
}

// logStart says where the server listens, and what it is part of.
func (s *Server) logStart(addr net.Addr) {
	s.log.Info("listening", "addr", addr.String(), "url", openURL(addr))
	if s.cfg.RedisURL == "" {
		s.log.Info("relaying within this process: no Redis is configured", "relay", adapter.KindInProcess)
	} else {
		s.log.Info("relaying through Redis", "relay", adapter.KindRedis,
			"redis", adapter.RedactURL(s.cfg.RedisURL), "channel", s.cfg.Channel)
	}
	for _, b := range s.bridges {
		s.log.Info("emitting what is published", "channel", b.Channel, "event", b.Event)
	}
	switch {
	case s.page && s.cfg.Parser != ParserJSON:
		s.log.Warn("the chat page cannot connect: its client has another parser", "parser", s.cfg.Parser)
	case s.page:
		s.log.Info("serving the chat page", "page", "/")
	default:
		s.log.Info("the chat page is not built: / says how to build it", "page", "none")
	}
}

// openURL is what a person on this machine opens in a browser.
func openURL(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return ""
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port) + "/"
}
