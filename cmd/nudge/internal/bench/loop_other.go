//go:build !linux

package bench

import (
	"errors"
	"net"
)

// errNoDescriptor means that connections are read by a goroutine each here.
var errNoDescriptor = errors.New("no descriptor to watch")

// loop reads clients by epoll, which this system lacks.
type loop struct{}

func newLoop(*worker) (*loop, error) { return nil, nil }

func (*loop) detach(net.Conn, *client) (netLink, error) { return netLink{}, errNoDescriptor }

func (*loop) close() {}
