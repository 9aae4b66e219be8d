package e2e

import (
	"encoding/json"
	"strings"
	"testing"
)

// badMessages are arguments of event:message that no client should give.
var badMessages = []struct {
	name string
	args []any
	code string
	says string // what its sender is told, in part
}{
	{"no argument", []any{}, "invalid_message", "none"},
	{"null", []any{nil}, "invalid_message", "no object"},
	{"number", []any{5}, "invalid_message", "no object"},
	{"boolean", []any{true}, "invalid_message", "no object"},
	{"string", []any{"x"}, "invalid_message", "no object"},
	{"array", []any{[]any{"x"}}, "invalid_message", "no object"},
	{"empty object, as of an undefined message", []any{with{}}, "invalid_message", `no "message"`},
	{"another key", []any{with{"text": "x"}}, "invalid_message", `no "message"`},
	{"a key of another case", []any{with{"Message": "x"}}, "invalid_message", `no "message"`},
	{"message in the second argument", []any{with{}, with{"message": "x"}}, "invalid_message", `no "message"`},
	{"one byte too long", []any{with{"message": strings.Repeat("x", 1000-len(`{"message":""}`)+1)}}, "too_large", "1000"},
}

// TestBadMessages has each bad message answered to its sender, by the
// acknowledgement if it asked for one and by an error event if not, and cost
// nobody a connection or a message.
func TestBadMessages(t *testing.T) {
	s := startNudge(t, "", "--max-publish", "1000")
	p := newPuppet(t)
	p.open(t, "bystander", s, nil)
	for _, transports := range [][]string{websocketOnly, pollingOnly} {
		sender := transports[0]
		p.open(t, sender, s, with{"transports": transports})
		for _, tt := range badMessages {
			t.Run(sender+"/"+tt.name, func(t *testing.T) {
				args := with{"event": "event:message", "args": tt.args}
				asked := readAck(t, p.begin(t, "ask", sender, args).value(t))
				if asked.OK || asked.Error == nil {
					t.Fatalf("acknowledged with %+v", asked)
				}
				checkProblem(t, *asked.Error, tt.code, tt.says, "")

				before := len(errorEvents(t, p, sender, 0))
				p.call(t, "emit", sender, args, nil)
				told := errorEvents(t, p, sender, before+1)
				if len(told) != before+1 {
					t.Fatalf("told %d times, want once", len(told)-before)
				}
				checkProblem(t, told[before], tt.code, tt.says, "event:message")
			})
		}
		if state := p.state(t, sender); state.Connects != 1 || !state.Connected {
			t.Errorf("the sender by %s lost its connection: %+v", sender, state)
		}
	}
	bystander(t, p, s, 0)
	if got, want := s.readiness(t).Counts["refused_invalid"], float64(4*len(badMessages)); got != want {
		t.Errorf("/readyz counts %v refused, want %v", got, want)
	}
}

// errorEvents waits for count error events of a client and returns those that
// it has by then. One too many shows in the next call's, if not in this one's.
func errorEvents(t *testing.T, p *puppet, client string, count int) []problem {
	t.Helper()
	var events [][]problem
	p.call(t, "wait", client, with{"event": "error", "count": count}, &events)
	problems := make([]problem, 0, len(events))
	for _, args := range events {
		if len(args) != 1 {
			t.Fatalf("an error event has %d arguments", len(args))
		}
		problems = append(problems, args[0])
	}
	return problems
}

func checkProblem(t *testing.T, got problem, code, says, event string) {
	t.Helper()
	if got.Code != code || got.Event != event || !strings.Contains(got.Message, says) {
		t.Errorf("told %+v, want code %q, a message with %q, event %q", got, code, says, event)
	}
}

// TestUnknownEvents are nobody's business: they are neither answered nor an error.
func TestUnknownEvents(t *testing.T) {
	s := startNudge(t, "")
	p := newPuppet(t)
	p.open(t, "bystander", s, nil)
	p.open(t, "a", s, nil)
	for _, event := range []string{"message", "error", "event:messages", "EVENT:MESSAGE", "", "__proto__"} {
		p.call(t, "emit", "a", with{"event": event, "args": []any{with{"message": "x"}}}, nil)
	}
	if got := p.ask(t, "a", "after"); !got.OK {
		t.Errorf("the message after them was refused: %+v", got.Error)
	}
	var received []json.RawMessage
	p.call(t, "received", "a", with{"event": "error"}, &received)
	if len(received) > 0 {
		t.Errorf("told of %s", received)
	}
	bystander(t, p, s, 1)
}
