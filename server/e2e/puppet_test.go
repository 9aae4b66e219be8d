package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"sync"
	"testing"
	"time"
)

// callWithin bounds one command of a puppet; its own waits are shorter.
const callWithin = 40 * time.Second

// puppet is a Node process with socket.io clients that do as they are told.
type puppet struct {
	process *process

	mu      sync.Mutex
	in      *json.Encoder
	next    int
	pending map[int]chan puppetAnswer
}

type puppetAnswer struct {
	ID    int
	Value json.RawMessage
	Error string
}

// clientState is how a client of a puppet is.
type clientState struct {
	Connected    bool
	ID           string
	Transport    string
	Connects     int
	Disconnects  []string
	ConnectError string
	// ConnectErrorData is what the server said with it.
	ConnectErrorData json.RawMessage
}

// with are the arguments of a command.
type with map[string]any

// The transports that a client may be told to use.
var (
	pollingOnly   = []string{"polling"}
	websocketOnly = []string{"websocket"}
)

func newPuppet(t *testing.T) *puppet {
	t.Helper()
	stdin, in := pipe(t)
	out, stdout := pipe(t)
	p := &puppet{in: json.NewEncoder(in), pending: make(map[int]chan puppetAnswer)}
	p.process = start(t, "puppet", driverDir, stdin, stdout, nil, "node", "puppet.mjs")
	_, _ = stdin.Close(), stdout.Close() // the child has its own
	var reader sync.WaitGroup
	reader.Go(func() { p.read(out) })
	t.Cleanup(func() {
		_ = in.Close() // it ends with its input
		select {
		case <-p.process.done:
		case <-time.After(endWithin):
			t.Errorf("the puppet did not end with its input")
			_ = p.process.cmd.Process.Kill()
		}
		reader.Wait()
		_ = out.Close()
	})
	return p
}

// pipe is a pipe of the system's: its child's end is the child's alone, so
// that each side sees the other's end.
func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return r, w
}

func (p *puppet) read(out io.Reader) {
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			break
		}
		var answer puppetAnswer
		if err := json.Unmarshal(line, &answer); err != nil {
			continue // its caller's time runs out
		}
		p.mu.Lock()
		waiting := p.pending[answer.ID]
		delete(p.pending, answer.ID)
		p.mu.Unlock()
		if waiting != nil {
			waiting <- answer
		}
	}
}

// promise is a command under way.
type promise struct {
	op     string
	answer chan puppetAnswer
}

// begin gives a command and does not wait for its answer.
func (p *puppet) begin(t *testing.T, op, client string, args with) promise {
	t.Helper()
	command := with{"op": op, "client": client}
	maps.Copy(command, args)
	answer := make(chan puppetAnswer, 1)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next++
	command["id"] = p.next
	p.pending[p.next] = answer
	if err := p.in.Encode(command); err != nil {
		t.Fatalf("puppet: %v", err)
	}
	return promise{fmt.Sprintf("%s of %s", op, client), answer}
}

// value waits for a command's answer.
func (pr promise) value(t *testing.T) json.RawMessage {
	t.Helper()
	return pr.valueWithin(t, callWithin)
}

func (pr promise) valueWithin(t *testing.T, within time.Duration) json.RawMessage {
	t.Helper()
	select {
	case answer := <-pr.answer:
		if answer.Error != "" {
			t.Fatalf("%s: %s", pr.op, answer.Error)
		}
		return answer.Value
	case <-time.After(within):
		t.Fatalf("%s: no answer within %s", pr.op, within)
	}
	return nil
}

// call gives a command and reads its answer into out, unless that is nil.
func (p *puppet) call(t *testing.T, op, client string, args with, out any) {
	t.Helper()
	value := p.begin(t, op, client, args).value(t)
	if out == nil {
		return
	}
	if err := json.Unmarshal(value, out); err != nil {
		t.Fatalf("%s of %s answered %s: %v", op, client, value, err)
	}
}

// open connects a client; options are those of socket.io-client.
func (p *puppet) open(t *testing.T, client string, s *server, options with) clientState {
	t.Helper()
	var state clientState
	p.call(t, "open", client, with{"url": s.url, "options": options}, &state)
	return state
}

// say sends a chat message, without asking for an acknowledgement.
func (p *puppet) say(t *testing.T, client string, message any) {
	t.Helper()
	p.call(t, "emit", client, with{"event": "event:message", "args": []any{with{"message": message}}}, nil)
}

// ask sends a chat message and returns its acknowledgement.
func (p *puppet) ask(t *testing.T, client string, message any) ack {
	t.Helper()
	return readAck(t, p.begin(t, "ask", client, askArgs(message)).value(t))
}

func askArgs(message any) with {
	return with{"event": "event:message", "args": []any{with{"message": message}}}
}

// messages waits until a client has received count messages and returns the
// argument of each that it has by then.
func (p *puppet) messages(t *testing.T, client string, count int) []string {
	t.Helper()
	var events [][]string
	p.call(t, "wait", client, with{"event": "message", "count": count}, &events)
	arguments := make([]string, len(events))
	for i, args := range events {
		if len(args) != 1 {
			t.Fatalf("message %d of %s has %d arguments: %q", i, client, len(args), args)
		}
		arguments[i] = args[0]
	}
	return arguments
}

func (p *puppet) state(t *testing.T, client string) clientState {
	t.Helper()
	var state clientState
	p.call(t, "state", client, nil, &state)
	return state
}

// ack is the acknowledgement of a chat message.
type ack struct {
	OK    bool
	Error *problem
}

// problem is what a sender is told, in an acknowledgement or an error event.
type problem struct {
	Code, Message, Event string
}

func readAck(t *testing.T, value json.RawMessage) ack {
	t.Helper()
	var answer []ack
	if err := json.Unmarshal(value, &answer); err != nil || len(answer) != 1 {
		t.Fatalf("acknowledged with %s (%v), want one {ok, error}", value, err)
	}
	return answer[0]
}
