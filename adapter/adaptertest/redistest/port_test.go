//go:build unix

package redistest_test

import (
	"fmt"
	"net"
	"runtime"
	"testing"

	"nudge/adapter/adaptertest/redistest"
)

// TestAPortIsOfOneProcess: of a port that was returned, and that no server listens on, any
// process can tell that it is taken.
func TestAPortIsOfOneProcess(t *testing.T) {
	port := redistest.FreePort(t)
	runtime.GC() // it is kept, though nobody holds it
	runtime.GC()
	if token, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
		_ = token.Close()
		t.Errorf("port %d is anybody's", port)
	}
}
