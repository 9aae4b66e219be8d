package adapter

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
)

// TestNoGoodbyeToOneThatHangs: TLS ends with a goodbye, for which a connection has no room
// left whose server reads no more. It is cut without.
func TestNoGoodbyeToOneThatHangs(t *testing.T) {
	redis := redistest.StartTLS(t)
	conns := newConnSet("tcp")
	conn, err := conns.dial(t.Context(), redis.Addr(), &net.Dialer{}, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	redis.Pause()
	raw := conn.(*trackedConn).Conn.(*tls.Conn).NetConn()
	for taken := 1; taken > 0; { // nothing is, once there is no room for as much as a goodbye
		if err := raw.SetWriteDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if taken, err = raw.Write(make([]byte, 64<<10)); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
	}
	start := time.Now()
	conns.closeAll()
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("it took %s", took)
	}
}
