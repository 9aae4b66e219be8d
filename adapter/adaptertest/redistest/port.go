//go:build unix

package redistest

import (
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"testing"
)

// The ports that systems do not give to outgoing connections: none of those can
// take a port between FreePort and the start of its server.
const (
	firstPort = 10240
	lastPort  = 32767
)

// taken are the ports that FreePort has returned, to be returned once each.
var taken sync.Map

// FreePort returns a TCP port of 127.0.0.1 that nothing listens on, another one
// with each call.
func FreePort(tb testing.TB) int {
	tb.Helper()
	for range 1000 {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		if _, again := taken.LoadOrStore(port, nil); again {
			continue
		}
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			continue
		}
		_ = l.Close()
		return port
	}
	tb.Fatalf("redistest: no free port from %d to %d", firstPort, lastPort)
	return 0
}
