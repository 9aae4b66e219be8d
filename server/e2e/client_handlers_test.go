package e2e

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io/v2/socket"
)

func sendBack(args []any) []any { return append([]any{}, args...) }

func handleAcks(t testing.TB, nsp socket.Namespace) {
	onSocket(t, nsp, func(s *socket.Socket) {
		answer(s, "echo", sendBack)
		answer(s, "silent", func([]any) []any { return nil })
		answer(s, "ask me", func([]any) []any { // within a handler, of the same client
			r := await(t, s.Timeout(callWithin/2).EmitWithAck("question", 20, "x"))
			if r.err != nil {
				t.Errorf("the client's answer: %v", r.err)
			}
			return r.args
		})
		answer(s, "ask in vain", func([]any) []any {
			r := await(t, s.Timeout(50*time.Millisecond).EmitWithAck("nobody listens"))
			return []any{errorText(r.err)}
		})
	})
}

func handleBroadcastAcks(t testing.TB, nsp socket.Namespace) {
	onSocket(t, nsp, func(s *socket.Socket) {
		all := func(event string, timeout time.Duration) []any {
			r := await(t, nsp.Timeout(timeout).EmitWithAck(event))
			slices.SortFunc(r.args, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
			return []any{r.args, errorText(r.err)}
		}
		answer(s, "ask all", func([]any) []any { return all("question", callWithin/2) })
		answer(s, "ask two", func([]any) []any { return all("question of two", time.Second) })
		answer(s, "ask one", func([]any) []any { // as a remote socket, whose answer is whole
			remote := make(chan *socket.RemoteSocket, 1)
			nsp.In(socket.Room(s.Id())).FetchSockets()(func(sockets []*socket.RemoteSocket, _ error) { remote <- sockets[0] })
			return await(t, (<-remote).Timeout(callWithin/2).EmitWithAck("question")).args
		})
	})
}

func handleVolatile(t testing.TB, nsp socket.Namespace) {
	onSocket(t, nsp, func(s *socket.Socket) {
		answer(s, "flood", func(args []any) []any {
			for i := range int(args[0].(float64)) {
				_ = s.Volatile().Emit("maybe", i)
			}
			_ = s.Emit("sure")
			return nil
		})
		answer(s, "one", func([]any) []any {
			_ = s.Volatile().Emit("maybe", "one")
			return nil
		})
	})
}

func handleBinary(t testing.TB, nsp socket.Namespace) {
	onSocket(t, nsp, func(s *socket.Socket) {
		answer(s, "echo", sendBack)
		answer(s, "nested", func([]any) []any {
			return []any{map[string]any{
				"x": []any{[]byte{1, 2}, map[string]any{"y": types.NewBytesBuffer([]byte{3})}},
				"z": "text",
			}, []byte{4}}
		})
		answer(s, "types", func(args []any) []any {
			_, isBuffer := args[0].(map[string]any)["a"].(types.BufferInterface)
			if !isBuffer {
				return []any{fmt.Sprintf("%T", args[0].(map[string]any)["a"])}
			}
			return []any{"buffers"}
		})
	})
}

func handleData(t testing.TB, nsp socket.Namespace) {
	onSocket(t, nsp, func(s *socket.Socket) {
		name := s.Handshake().Auth.(map[string]any)["name"].(string)
		s.SetData(name)
		s.Join(socket.Room("room of " + name))
		answer(s, "who", func(args []any) []any {
			whom := nsp.In()
			if len(args) > 0 {
				whom = nsp.In(socket.Room(args[0].(string)))
			}
			names := make(chan []string, 1)
			whom.FetchSockets()(func(sockets []*socket.RemoteSocket, err error) {
				found := []string{}
				for _, each := range sockets {
					found = append(found, each.Data().(string))
				}
				slices.Sort(found)
				names <- found
			})
			return []any{<-names}
		})
	})
}

func handleMiddleware(t testing.TB, nsp socket.Namespace) {
	nsp.Use(func(s *socket.Socket, next func(*socket.ExtendedError)) {
		if auth, _ := s.Handshake().Auth.(map[string]any); auth["token"] != "good" {
			next(socket.NewExtendedError("not authorized", map[string]any{"code": 401, "given": s.Handshake().Auth}))
			return
		}
		go next(nil) // as one does who has to ask somebody else
	})
	onSocket(t, nsp, func(s *socket.Socket) {
		s.Use(func(event []any, next func(error)) {
			if event[0] == "forbidden" {
				next(fmt.Errorf("%v event", event[0]))
				return
			}
			next(nil)
		})
		_ = s.On("error", func(args ...any) { _ = s.Emit("refused", args[0].(error).Error()) })
		answer(s, "forbidden", func([]any) []any {
			t.Error("the event that was refused is handled")
			return nil
		})
		answer(s, "auth", func([]any) []any { return []any{s.Handshake().Auth} })
	})
}

func handleNamespaces(t testing.TB, nsp socket.Namespace) {
	for _, each := range []socket.Namespace{nsp, nsp.Server().Of(nsp.Name()+"/b", nil)} {
		onSocket(t, each, func(s *socket.Socket) {
			answer(s, "where", func([]any) []any { return []any{s.Nsp().Name()} })
		})
	}
}

func handleDynamic(t testing.TB, nsp socket.Namespace) {
	io := nsp.Server()
	byName := func(name string, _ any, next func(error, bool)) { next(nil, strings.HasPrefix(name, "/made-")) }
	for _, parent := range []any{regexp.MustCompile(`^/dynamic-\w+-\d+$`), socket.ParentNspNameMatchFn(&byName)} {
		onSocket(t, io.Of(parent, nil), func(s *socket.Socket) {
			answer(s, "tell everyone", func([]any) []any {
				named := io.Of(s.Nsp().Name(), nil)
				_ = named.Emit("everyone", named.Name())
				return []any{named.Name(), named.Sockets().Len()}
			})
		})
	}
}

func handleEarly(t testing.TB, nsp socket.Namespace) {
	onSocket(t, nsp, func(s *socket.Socket) {
		time.Sleep(2 * time.Millisecond) // a handler that takes its time to be ready
		answer(s, "early", sendBack)
	})
}

func handleLeaving(t testing.TB, nsp socket.Namespace) {
	onSocket(t, nsp, func(s *socket.Socket) {
		_ = s.Emit("goodbye")
		s.Disconnect(true)
	})
}

func handleRooms(t testing.TB, nsp socket.Namespace) {
	onSocket(t, nsp, func(s *socket.Socket) {
		answer(s, "join", func(args []any) []any {
			s.Join(namesOf(args)...)
			return []any{}
		})
		answer(s, "leave", func(args []any) []any {
			s.Leave(socket.Room(args[0].(string)))
			return []any{}
		})
		answer(s, "rooms", func([]any) []any { return []any{s.Rooms().Keys()} })
		answer(s, "tell", func(args []any) []any {
			whom := args[0].(map[string]any)
			to, except := namesOf(whom["to"]), namesOf(whom["except"])
			operator := nsp.To(to...)
			if whom["bySocket"] == true {
				operator = s.To(to...)
			}
			_ = operator.Except(except...).Emit("told", "x")
			return []any{}
		})
	})
}

// handleOrder counts what comes out of order, or at the same time.
func handleOrder(t testing.TB, nsp socket.Namespace) {
	onSocket(t, nsp, func(s *socket.Socket) {
		s.Use(func(event []any, next func(error)) {
			if n, ok := event[1].(float64); ok && int(n)%97 == 0 {
				go next(nil) // as one does who has to ask somebody else
				return
			}
			next(nil)
		})
		var running atomic.Int32
		var want, inversions, concurrent int
		answer(s, "n", func(args []any) []any {
			if running.Add(1) != 1 {
				concurrent++
			}
			defer running.Add(-1)
			n := int(args[0].(float64))
			if n != want {
				inversions++
			}
			want = n + 1
			if n%5000 == 0 {
				time.Sleep(2 * time.Millisecond)
			}
			if n%20_000 == 0 {
				r := await(t, s.EmitWithAck("question", n))
				if len(r.args) != 1 || r.args[0] != float64(n) {
					t.Errorf("the client answers %v to %d", r.args, n)
				}
			}
			return []any{n}
		})
		answer(s, "result", func([]any) []any {
			return []any{map[string]any{"inversions": inversions, "concurrent": concurrent, "handled": want}}
		})
	})
}
