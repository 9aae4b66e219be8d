package server

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/zishang520/socket.io/v2/socket"
)

// onConnection registers handlers of a user of the package, for each socket.
func onConnection(t testing.TB, f func(*socket.Socket)) func(*Server) {
	return func(s *Server) {
		if err := s.IO().On("connection", func(args ...any) { f(args[0].(*socket.Socket)) }); err != nil {
			t.Error(err)
		}
	}
}

// TestAnswers walks one client through what it may send. Nobody else hears of
// what is refused, and the connection stays.
func TestAnswers(t *testing.T) {
	s := start(t, Config{MaxPublish: 100})
	c, witness := s.connect(), s.connect()
	const malformed = `the message is malformed: event:message takes one argument, {\"message\": …}`
	problem := func(code, message string) string { return `"code":"` + code + `","message":"` + message + `"` }
	refused := func(p string) string { return `[{"ok":false,"error":{` + p + `}}]` }
	for _, test := range []struct {
		args string
		why  string // "" where it is relayed
	}{
		{`,{"message":"hello"}`, ""},
		{`,{"message":"hello"},"and more"`, ""},
		{``, problem("invalid_message", malformed+", and there was none")},
		{`,null`, problem("invalid_message", malformed+", and it was no object")},
		{`,"hello"`, problem("invalid_message", malformed+", and it was no object")},
		{`,{}`, problem("invalid_message", malformed+`, and it had no \"message\"`)},
		{`,{"message":"` + strings.Repeat("x", 100) + `"}`, problem("too_large", "the message is too long: 114 bytes, 100 are allowed")},
	} {
		// With an ack: an answer, and one only.
		c.Send(`425["event:message"` + test.args + `]`)
		if test.why == "" {
			got := []string{c.Read(), c.Read()}
			if got[0] > got[1] {
				got[0], got[1] = got[1], got[0] // the message and the answer come in either order
			}
			if want := `[42["message","{\"message\":\"hello\"}"] 435[{"ok":true}]]`; fmt.Sprint(got) != want {
				t.Errorf("%s: got %s, want %s", test.args, got, want)
			}
			witness.Expect(`42["message","{\"message\":\"hello\"}"]`)
		} else {
			c.Expect("435" + refused(test.why))
		}
		// Without: nothing, or an "error" event.
		c.Send(`42["event:message"` + test.args + `]`)
		if test.why == "" {
			c.Expect(`42["message","{\"message\":\"hello\"}"]`)
			witness.Expect(`42["message","{\"message\":\"hello\"}"]`)
		} else {
			c.Expect(`42["error",{` + test.why + `,"event":"event:message"}]`)
		}
	}
	// The witness has seen nothing that was refused.
	c.Send(`42["event:message",{"message":"last"}]`)
	c.Expect(`42["message","{\"message\":\"last\"}"]`)
	witness.Expect(`42["message","{\"message\":\"last\"}"]`)
}

func TestAnswersByPolling(t *testing.T) {
	s := start(t, Config{})
	c := s.connectPolling()
	c.post("421[\"event:message\"]\x1e42[\"event:message\"]")
	var got string
	for strings.Count(got, "invalid_message") < 2 {
		got += c.poll() + "\n"
	}
	if !strings.Contains(got, `431[{"ok":false,"error":{"code":"invalid_message"`) || !strings.Contains(got, `42["error",{"code":"invalid_message"`) {
		t.Errorf("got %q", got)
	}
}

// Handlers of a program that embeds the server may panic: the sender is told,
// and all goes on.
func TestHandlerPanics(t *testing.T) {
	s := start(t, Config{}, onConnection(t, func(client *socket.Socket) {
		_ = client.On("panic", func(...any) { panic("a handler's") })
		_ = client.On("answer, then panic", func(args ...any) {
			args[len(args)-1].(socket.Ack)([]any{"answered"}, nil)
			panic("a handler's")
		})
		_ = client.On("disconnect", func(...any) { panic("a handler's, at the end") })
	}), onConnection(t, func(client *socket.Socket) {
		if client.Handshake().Auth != nil {
			panic("a connection handler's")
		}
	}))
	c := s.connect()
	c.Send(`421["panic",{"a":1}]`)
	c.Expect(`431[{"ok":false,"error":{"code":"internal","message":"the server failed"}}]`)
	c.Send(`42["panic"]`)
	c.Expect(`42["error",{"code":"internal","message":"the server failed","event":"panic"}]`)
	c.Send(`422["answer, then panic"]`)
	c.Send(`423["event:message",{}]`)
	c.Expect(`432["answered"]`)
	c.ExpectPrefix(`433[{"ok":false`)

	c.Send("41")
	c.Send(`40{"token":"x"}`)
	c.ExpectPrefix("40{")
	c.Send(`424["event:message",{}]`)
	c.ExpectPrefix(`434[{"ok":false`)
	s.connect() // others still can

	for _, want := range []string{"a handler's", "a connection handler's", "a handler's, at the end"} {
		eventually(t, "log of "+want, func() bool { return strings.Contains(s.logs.String(), `panic="`+want+`"`) })
	}
	if !strings.Contains(s.logs.String(), "events_test.go") {
		t.Error("the log does not say where the panic was")
	}
}

// Users' own events keep Go's values; only the chat's is left as it was sent.
func TestOwnHandlers(t *testing.T) {
	s := start(t, Config{}, onConnection(t, func(client *socket.Socket) {
		_ = client.On("echo", func(args ...any) {
			ack := args[len(args)-1].(socket.Ack)
			ack(args[:len(args)-1], nil)
		})
	}), func(s *Server) {
		_ = s.IO().Of("/own", nil).On("connection", func(args ...any) {
			client := args[0].(*socket.Socket)
			_ = client.On("event:message", func(args ...any) { // has no meaning here
				args[len(args)-1].(socket.Ack)([]any{fmt.Sprintf("%T", args[0])}, nil)
			})
		})
	})
	c := s.connect()
	c.Send(`427["echo",{"a":[1,"x",null]},"b"]`)
	c.Expect(`437[{"a":[1,"x",null]},"b"]`)
	c.Send("40/own,")
	c.ExpectPrefix("40/own,{")
	c.Send(`42/own,8["event:message",{"message":"x"}]`)
	c.Expect(`43/own,8["map[string]interface {}"]`)
}

func TestUnknownNamespace(t *testing.T) {
	s := start(t, Config{})
	c := s.connect()
	c.Send("40/unknown,")
	c.Expect(`44/unknown,{"message":"Invalid namespace"}`)
	c.Send(`421["event:message"]`) // the connection stays
	c.ExpectPrefix("431[")
}

// TestOrder has many clients send at the same time, by both transports: each of
// them gets every message once, those of one sender in the order it sent them.
func TestOrder(t *testing.T) {
	const senders, each = 16, 400
	s := start(t, Config{})
	clients := make([]*client, senders)
	for i := range clients {
		clients[i] = s.connect()
	}
	poster := s.connectPolling()
	var wg sync.WaitGroup
	for w, c := range clients {
		wg.Go(func() {
			for i := range each {
				c.Send(fmt.Sprintf(`42["event:message",{"message":"%d:%d"}]`, w, i))
			}
		})
		wg.Go(func() { checkOrder(t, c, senders+1, each) })
	}
	wg.Go(func() {
		for i := 0; i < each; i += 50 {
			var payload []string
			for j := range 50 {
				payload = append(payload, fmt.Sprintf(`42["event:message",{"message":"%d:%d"}]`, senders, i+j))
			}
			poster.post(strings.Join(payload, "\x1e"))
		}
	})
	wg.Wait()
}

// checkOrder reads until it has what each of senders has sent.
func checkOrder(t *testing.T, c *client, senders, each int) {
	next := make([]int, senders)
	for got := range senders * each {
		packet, err := c.Next()
		if err != nil {
			t.Errorf("after %d of %d messages: %v", got, senders*each, err)
			return
		}
		var w, n int
		if _, err := fmt.Sscanf(packet, `42["message","{\"message\":\"%d:%d\"}"]`, &w, &n); err != nil || w >= senders {
			t.Errorf("got %q", packet)
			return
		}
		if n != next[w] {
			t.Errorf("got %d of sender %d where %d is next", n, w, next[w])
			return
		}
		next[w]++
	}
}
