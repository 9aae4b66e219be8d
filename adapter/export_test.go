package adapter

import "github.com/zishang520/socket.io/v2/socket"

// Gone is how many sockets a local adapter knows to be gone.
func Gone(a socket.Adapter) int {
	l := a.(*local)
	l.mu.RLock()
	defer l.mu.RUnlock()
	return len(l.gone)
}
