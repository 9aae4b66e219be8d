package adapter_test

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"
)

// question is a broadcast whose answers a test gives and sees.
type question struct {
	count   []uint64
	answers chan []any
}

func (s *localServer) ask(opts *socket.BroadcastOptions) *question {
	q := &question{answers: make(chan []any, 100)}
	s.adapter().BroadcastWithAck(&parser.Packet{Type: parser.EVENT, Data: []any{"ask"}}, opts,
		func(n uint64) { q.count = append(q.count, n) },
		func(args []any, _ error) { q.answers <- args })
	return q
}

func (q *question) next(t *testing.T) []any {
	t.Helper()
	select {
	case args := <-q.answers:
		return args
	case <-time.After(15 * time.Second):
		t.Fatal("no answer in 15 s")
		return nil
	}
}

// ackID is the id a client was asked to answer with.
func ackID(t *testing.T, sent []string) string {
	t.Helper()
	last := sent[len(sent)-1]
	id := strings.TrimSuffix(strings.TrimPrefix(last, "2"), `["ask"]`)
	if id == "" || id == last {
		t.Fatalf("no ack id in %q", last)
	}
	return id
}

func TestLocalCountsWhomItAsks(t *testing.T) {
	c := newCrowd(t)
	for _, test := range []struct {
		opts *socket.BroadcastOptions
		want uint64
	}{
		{nil, 4},
		{&socket.BroadcastOptions{}, 4},
		{&socket.BroadcastOptions{Rooms: rooms("x", "y")}, 3},
		{&socket.BroadcastOptions{Rooms: rooms("x"), Except: rooms(c.own("a"))}, 1},
		{&socket.BroadcastOptions{Rooms: rooms("nowhere")}, 0},
	} {
		if q := c.ask(test.opts); !slices.Equal(q.count, []uint64{test.want}) {
			t.Errorf("%+v: the count was given as %d, want %d, once", test.opts, q.count, test.want)
		}
	}
}

func TestLocalAnswers(t *testing.T) {
	s := newLocalServer(t)
	_, conn := s.connect(t)
	for answer, want := range map[string]any{
		`["yes"]`:               "yes",
		`["yes","and",{"a":1}]`: "yes", // as in the other servers
		`[["a","b"]]`:           []any{"a", "b"},
		`[]`:                    nil,
		`[null]`:                nil,
	} {
		q := s.ask(nil)
		conn.receive("3" + ackID(t, conn.sent()) + answer)
		if got := q.next(t); len(got) != 1 || fmt.Sprint(got[0]) != fmt.Sprint(want) {
			t.Errorf("%s is handed on as %v, want [%v]", answer, got, want)
		}
	}
}

// A remote socket's emit expects the whole of one answer. What an answer is must
// never bring the process down.
func TestLocalAnswersToRemoteSocket(t *testing.T) {
	s := newLocalServer(t)
	client, conn := s.connect(t)
	for answer, want := range map[string]string{`["yes"]`: "[yes]", `["yes",2]`: "[yes 2]", `[]`: "[]", `[["a"]]`: "[[a]]"} {
		q := s.ask(&socket.BroadcastOptions{
			Rooms: rooms(socket.Room(client.Id())),
			Flags: &socket.BroadcastFlags{ExpectSingleResponse: true},
		})
		conn.receive("3" + ackID(t, conn.sent()) + answer)
		got := q.next(t)
		if len(got) != 1 {
			t.Errorf("%s is handed on as %v", answer, got)
			continue
		}
		if whole, ok := got[0].([]any); !ok || fmt.Sprint(whole) != want {
			t.Errorf("%s is handed on as %v, want [%s]", answer, got, want)
		}
	}
}

func TestLocalAnswersOfBinaryQuestion(t *testing.T) {
	s := newLocalServer(t)
	_, conn := s.connect(t)
	got := make(chan []any, 1)
	s.adapter().BroadcastWithAck(&parser.Packet{Type: parser.EVENT, Data: []any{"ask", []byte{7}}}, nil,
		func(uint64) {}, func(args []any, _ error) { got <- args })
	sent := conn.sent()
	if len(sent) != 3 || sent[2] != "b\x07" {
		t.Fatalf("it got %q", sent)
	}
	id := sent[1][strings.Index(sent[1], "-")+1 : strings.Index(sent[1], "[")]
	conn.receive("3" + id + `["seen"]`)
	if args := <-got; len(args) != 1 || args[0] != "seen" {
		t.Errorf("the answer is %v", args)
	}
}

// Answers come from many connections at the same time, and a client may well
// repeat its own: each counts once, and they are handed on one by one.
func TestLocalHandsAnswersOnOneByOne(t *testing.T) {
	const clients = 50
	s := newLocalServer(t)
	conns := make([]*frameConn, clients)
	for i := range conns {
		_, conns[i] = s.connect(t)
	}
	var at, answers atomic.Int64
	whole := make(chan struct{})
	s.adapter().BroadcastWithAck(&parser.Packet{Type: parser.EVENT, Data: []any{"ask"}}, nil, func(uint64) {},
		func([]any, error) {
			if at.Add(1) != 1 {
				t.Error("two answers at a time")
			}
			runtime.Gosched()
			if answers.Add(1) == clients {
				close(whole)
			}
			at.Add(-1)
		})
	var wg sync.WaitGroup
	for i, conn := range conns {
		answer := fmt.Sprintf(`3%s[%d]`, ackID(t, conn.sent()), i)
		wg.Go(func() {
			for range 5 {
				conn.receive(answer)
			}
		})
	}
	wg.Wait()
	select {
	case <-whole:
	case <-time.After(15 * time.Second):
		t.Fatalf("%d of %d answers", answers.Load(), clients)
	}
	// What may still come would be too much.
	marked := s.ask(nil)
	conns[0].receive("3" + ackID(t, conns[0].sent()) + "[]")
	marked.next(t)
	if n := answers.Load(); n != clients {
		t.Errorf("%d answers of %d clients", n, clients)
	}
}

// The library's operator on top: all answers, or what came in time and an error.
func TestLocalEmitsWithAck(t *testing.T) {
	s := newLocalServer(t)
	_, a := s.connect(t)
	_, b := s.connect(t)
	type outcome struct {
		args []any
		err  error
	}
	got := make(chan outcome, 10)
	s.Sockets().Timeout(100 * time.Millisecond).EmitWithAck("ask")(func(args []any, err error) { got <- outcome{args, err} })
	id := ackID(t, a.sent())
	a.receive("3" + id + `["a",1]`)
	if o := <-got; o.err == nil || !slices.Equal(o.args, []any{"a"}) {
		t.Errorf("one of two answered: %v, %v", o.args, o.err)
	}
	b.receive("3" + id + `["b"]`) // too late, to no effect
	s.To("nowhere").Timeout(10 * time.Second).EmitWithAck("ask")(func(args []any, err error) { got <- outcome{args, err} })
	if o := <-got; o.err != nil || len(o.args) != 0 {
		t.Errorf("nobody to ask: %v, %v", o.args, errors.Unwrap(o.err))
	}
}

// TestLocalForgetsWhoDoesNotAnswer: what a client was asked is not kept longer than
// somebody waits for it.
func TestLocalForgetsWhoDoesNotAnswer(t *testing.T) {
	s := newLocalServer(t)
	silent, _ := s.connect(t)
	prompt, conn := s.connect(t)
	timeout := 10 * time.Millisecond
	opts := &socket.BroadcastOptions{Flags: &socket.BroadcastFlags{Timeout: &timeout}}
	for range 100 {
		s.ask(opts)
	}
	awaits := func(of *socket.Socket) int { return of.Acks().Len() }
	eventually(t, "end of what is awaited", func() bool { return awaits(silent) == 0 && awaits(prompt) == 0 })

	long := time.Hour
	opts.Flags.Timeout = &long
	q := s.ask(opts)
	if awaits(silent) != 1 || awaits(prompt) != 1 {
		t.Fatalf("%d and %d answers are awaited, want one each", awaits(silent), awaits(prompt))
	}
	conn.receive("3" + ackID(t, conn.sent()) + `["yes"]`)
	if got := q.next(t); got[0] != "yes" {
		t.Errorf("the answer was %v", got)
	}
}
