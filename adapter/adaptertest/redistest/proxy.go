//go:build unix

package redistest

import (
	"net"
	"sync"
	"testing"
)

// Proxy is a TCP proxy before a server that can become a black hole: then it
// still accepts connections and keeps those it has, and nothing passes.
type Proxy struct {
	server   *Server
	listener net.Listener
	running  sync.WaitGroup

	mu    sync.Mutex
	gate  chan struct{} // closed while bytes may pass
	conns map[net.Conn]struct{}
	// servers are the connections to the server, and whether their subscriptions are
	// forgotten.
	servers map[net.Conn]bool
	ended   bool
}

// StartProxy runs a proxy before a server until the test ends.
func StartProxy(tb testing.TB, server *Server) *Proxy {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("redistest: proxy: %v", err)
	}
	p := &Proxy{server: server, listener: l, gate: make(chan struct{}), conns: map[net.Conn]struct{}{}, servers: map[net.Conn]bool{}}
	close(p.gate)
	p.running.Go(p.accept)
	tb.Cleanup(p.close)
	return p
}

// Addr is the proxy's address, as "127.0.0.1:port".
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// URL is the server's URL with the proxy's address.
func (p *Proxy) URL() string { return p.server.urlOf(p.Addr()) }

// BlackHole holds back all bytes from now on, in both directions.
func (p *Proxy) BlackHole() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open() {
		p.gate = make(chan struct{})
	}
}

// Heal lets bytes pass again: those that were held back, then what follows, as
// when a network comes back before the connections on it have ended.
func (p *Proxy) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.open() {
		close(p.gate)
	}
}

// Cut closes all connections; new ones are accepted.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
}

// open tells whether bytes may pass. The caller holds mu.
func (p *Proxy) open() bool {
	select {
	case <-p.gate:
		return true
	default:
		return false
	}
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.running.Go(func() { p.serve(client) })
	}
}

// serve connects a client to the server, once bytes may pass.
func (p *Proxy) serve(client net.Conn) {
	defer p.forget(client)
	if !p.keep(client) || !p.wait() {
		return
	}
	server, err := net.Dial("tcp", p.server.Addr())
	if err != nil {
		return
	}
	defer p.forget(server)
	if !p.keep(server) {
		return
	}
	p.mu.Lock()
	p.servers[server] = false
	p.mu.Unlock()
	var back sync.WaitGroup
	back.Go(func() { p.pass(client, server) })
	p.pass(server, client)
	back.Wait()
}

// pass copies from one connection to the other, and closes both at the end.
func (p *Proxy) pass(to, from net.Conn) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if !p.wait() {
			break
		}
		if p.forgotten(from) {
			passAnswers(to, buf[:n], from)
			break
		}
		if _, werr := to.Write(buf[:n]); werr != nil || err != nil {
			break
		}
	}
	_, _ = to.Close(), from.Close()
}

// wait returns when bytes may pass, or false when the proxy has ended.
func (p *Proxy) wait() bool {
	p.mu.Lock()
	gate := p.gate
	p.mu.Unlock()
	<-gate
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.ended
}

// keep counts a connection among those to cut; false once the proxy has ended.
func (p *Proxy) keep(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[c] = struct{}{}
	return !p.ended
}

func (p *Proxy) forget(c net.Conn) {
	_ = c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
	delete(p.servers, c)
}

func (p *Proxy) close() {
	p.mu.Lock()
	p.ended = true
	p.mu.Unlock()
	_ = p.listener.Close()
	p.Heal()
	p.Cut()
	p.running.Wait()
}
