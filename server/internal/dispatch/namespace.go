package dispatch

import (
	"sync"

	"github.com/zishang520/socket.io/v2/socket"
)

// namespaces has the first connects to a namespace that is made on demand come
// one after another. The library makes one for each of those that come at a time,
// and keeps the last: the others' sockets are in a namespace that nobody can name.
type namespaces struct {
	mu     sync.Mutex
	known  map[string]struct{}
	making map[string]chan struct{} // closed when the connect that may make it is through
}

// enter waits while another connect may be making the namespace. What it returns
// must be called once the caller's own connect has been handled.
func (n *namespaces) enter(name string) (leave func()) {
	if name == "/" {
		return func() {}
	}
	for {
		n.mu.Lock()
		if _, known := n.known[name]; known {
			n.mu.Unlock()
			return func() {}
		}
		others := n.making[name]
		if others == nil {
			own := make(chan struct{})
			if n.making == nil {
				n.making = map[string]chan struct{}{}
			}
			n.making[name] = own
			n.mu.Unlock()
			return func() { n.leave(name, own) }
		}
		n.mu.Unlock()
		<-others
	}
}

// leave lets the next one in, unless made has.
func (n *namespaces) leave(name string, own chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.making[name] == own {
		delete(n.making, name)
		close(own)
	}
}

// made is called when the namespace is there: its middleware, which may take its
// time, runs after that.
func (n *namespaces) made(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.known == nil {
		n.known = map[string]struct{}{}
	}
	n.known[name] = struct{}{}
	if making := n.making[name]; making != nil {
		delete(n.making, name)
		close(making)
	}
}

// closed is called when the library is about to remove the namespace.
func (n *namespaces) closed(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.known, name)
}

// namespacesOf finds those of a namespace's server, nil where its parser is
// another.
func namespacesOf(nsp socket.Namespace) *namespaces {
	if p, ok := nsp.Server().Opts().Parser().(*parser); ok {
		return &p.namespaces
	}
	return nil
}
