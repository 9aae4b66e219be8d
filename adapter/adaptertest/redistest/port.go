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

// taken are the ports that FreePort has returned, with what keeps them from being
// returned again, in this process and in others: the UDP port of the same number, which
// no server uses. The system frees it with the process.
var taken sync.Map

// FreePort returns a TCP port of 127.0.0.1 that nothing listens on, another one
// with each call, and not one that it has returned to another process that runs.
func FreePort(tb testing.TB) int {
	tb.Helper()
	for range 1000 {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		token, err := net.ListenPacket("udp", addr)
		if err != nil {
			continue
		}
		l, err := net.Listen("tcp", addr)
		if err != nil {
			_ = token.Close()
			continue
		}
		_ = l.Close()
		taken.Store(port, token)
		return port
	}
	tb.Fatalf("redistest: no free port from %d to %d", firstPort, lastPort)
	return 0
}
