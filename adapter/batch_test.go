package adapter_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
)

// A batch reaches each socket whole and in order, in one write where the
// connection takes frames.
func TestEmitBatch(t *testing.T) {
	s := newLocalServer(t)
	_, framed := s.connect(t)
	_, plain := s.connectPlain(t)
	framed.forget()
	plain.forget()
	calls := framed.calls()
	adapter.EmitBatch(s.Sockets(), "m", []any{"a"}, []any{"b", 1}, []any{})
	want := []string{`2["m","a"]`, `2["m","b",1]`, `2["m"]`}
	if got := framed.sent(); !slices.Equal(got, want) {
		t.Errorf("the connection that takes frames got %q, want %q", got, want)
	}
	if got := plain.sent(); !slices.Equal(got, want) {
		t.Errorf("the plain connection got %q, want %q", got, want)
	}
	if n := framed.calls() - calls; n != 1 {
		t.Errorf("the batch took %d writes, want 1", n)
	}
}

// onlyBroadcast hides that an adapter takes batches.
type onlyBroadcast struct{ socket.AdapterConstructor }

func (o onlyBroadcast) New(nsp socket.Namespace) socket.Adapter {
	return struct{ socket.Adapter }{o.AdapterConstructor.New(nsp)}
}

// Any other adapter gets the packets of a batch one by one.
func TestEmitBatchElsewhere(t *testing.T) {
	s := newLocalServerWith(t, onlyBroadcast{adapter.Local()})
	_, conn := s.connect(t)
	conn.forget()
	adapter.EmitBatch(s.Sockets(), "m", []any{"a"}, []any{"b"})
	if got, want := conn.sent(), []string{`2["m","a"]`, `2["m","b"]`}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// So many receivers that they are shared out among processors get what the few
// get, each once.
func TestBroadcastToMany(t *testing.T) {
	const many = 5000
	s := newLocalServer(t)
	conns := make([]*frameConn, many)
	for i := range conns {
		_, conns[i] = s.connect(t)
		conns[i].forget()
	}
	for i := range 3 {
		s.adapter().Broadcast(&parser.Packet{Type: parser.EVENT, Data: []any{"m", i}}, nil)
	}
	want := []string{`2["m",0]`, `2["m",1]`, `2["m",2]`}
	for i, conn := range conns {
		if got := conn.sent(); !slices.Equal(got, want) {
			t.Fatalf("receiver %d got %q, want %q", i, got, want)
		}
	}
}

// Who comes and goes between two broadcasts is in the next and not in the last.
func TestBroadcastFollowsConnections(t *testing.T) {
	s := newLocalServer(t)
	first, a := s.connect(t)
	_, b := s.connect(t)
	_ = s.Sockets().Emit("m", "both")
	first.Disconnect(false)
	_, c := s.connect(t)
	for _, conn := range []*frameConn{a, b, c} {
		conn.forget()
	}
	_ = s.Sockets().Emit("m", "later")
	got := fmt.Sprint(a.sent(), b.sent(), c.sent())
	if want := `[] [2["m","later"]] [2["m","later"]]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// gatedConn holds up the first write it is given.
type gatedConn struct {
	*plainConn
	begun, release chan struct{}
	later          chan bool
}

func (c gatedConn) WriteFrames(_ []byte, _, later bool) {
	c.later <- later
	if !later {
		close(c.begun)
		<-c.release
	}
}

// A broadcast that begins while another one runs leaves its writes for later.
func TestOverlappingBroadcastsAreWrittenTogether(t *testing.T) {
	s := newLocalServer(t)
	conn := gatedConn{newPlainConn(), make(chan struct{}), make(chan struct{}), make(chan bool, 2)}
	s.connectTo(t, conn)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Sockets().Emit("first")
	}()
	<-conn.begun
	_ = s.Sockets().Emit("second")
	close(conn.release)
	<-ended
	if first, second := <-conn.later, <-conn.later; first || !second {
		t.Errorf("later is %v for the first and %v for the second, want false and true", first, second)
	}
}
