package dispatch_test

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/zishang520/socket.io/v2/socket"

	"nudge/server/internal/dispatch"
)

// Clients that are the first of a namespace at the same time are all in it.
func TestNamespacesAreMadeOnce(t *testing.T) {
	const rounds, clients = 60, 6
	byFunction := func(name string, _ any, next func(error, bool)) { next(nil, strings.HasPrefix(name, "/made-")) }
	for kind, parent := range map[string]any{
		"expression": regexp.MustCompile(`^/made-\d+$`),
		"function":   socket.ParentNspNameMatchFn(&byFunction),
	} {
		t.Run(kind, func(t *testing.T) {
			n := newNode(t, dispatch.Config{})
			var r record
			_ = n.Of(parent, nil).On("connection", func(args ...any) {
				s := args[0].(*socket.Socket)
				_ = s.On("hello", func(...any) { r.add("%s", s.Nsp().Name()) })
			})
			for round := range rounds {
				name := fmt.Sprintf("/made-%d", round)
				start := make(chan struct{})
				var all sync.WaitGroup
				for range clients {
					c := n.dial(t)
					all.Go(func() {
						<-start
						c.Send("40" + name + ",")
						c.ExpectPrefix("40" + name + ",{")
						c.Send("42" + name + `,["hello"]`)
						c.Expect("42" + name + `,["everybody"]`)
						_ = c.Conn.Close()
					})
				}
				close(start)
				r.wait(t, clients*(round+1))
				if got := n.Of(name, nil).Sockets().Len(); got != clients {
					t.Errorf("%s has %d sockets of %d", name, got, clients)
				}
				_ = n.Of(name, nil).Emit("everybody")
				all.Wait()
			}
			c := n.dial(t)
			c.Send("40/other,")
			c.Expect(`44/other,{"message":"Invalid namespace"}`)
		})
	}
}

// The middleware of one client does not hold up another, who comes at the same
// time and is the first of the namespace, too.
func TestNamespaceMiddlewareHoldsNobodyUp(t *testing.T) {
	n := newNode(t, dispatch.Config{})
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	parent := n.Of(regexp.MustCompile(`^/made$`), nil)
	entered := make(chan struct{})
	parent.Use(func(s *socket.Socket, next func(*socket.ExtendedError)) {
		if s.Handshake().Auth != nil {
			close(entered)
			<-release
		}
		next(nil)
	})
	slow, quick := n.dial(t), n.dial(t)
	slow.Send(`40/made,{"slow":true}`)
	<-entered
	quick.Send("40/made,")
	quick.ExpectPrefix("40/made,{")
}
