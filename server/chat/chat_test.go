package chat_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"nudge/server/chat"
)

// fakeRelay takes what is published, and gives each message the outcome err,
// at once or when a test says so.
type fakeRelay struct {
	err     error
	later   bool
	got     []string
	pending []func(error)
}

func (r *fakeRelay) Publish(payload []byte, done func(error)) {
	r.got = append(r.got, string(payload))
	if r.later {
		r.pending = append(r.pending, done)
		return
	}
	done(r.err)
}

// told collects the answers to one message, as their JSON.
type told []string

func (a *told) add(answer chat.Answer) {
	b, err := json.Marshal(answer)
	if err != nil {
		b = []byte(err.Error())
	}
	*a = append(*a, string(b))
}

func TestMessage(t *testing.T) {
	const want = `event:message takes one argument, {\"message\": …}`
	invalid := func(why string) string {
		return `{"ok":false,"error":{"code":"invalid_message","message":"the message is malformed: ` + want + `, and ` + why + `"}}`
	}
	const syntax = `{"ok":false,"error":{"code":"invalid_message","message":"the message is malformed: `
	for _, test := range []struct {
		what    string
		arg     string
		payload string // what is relayed; "" where nothing is
		answer  string // how it begins
	}{
		{"text", `{"message":"x"}`, `{"message":"x"}`, `{"ok":true}`},
		{"empty text", `{"message":""}`, `{"message":""}`, `{"ok":true}`},
		{"null", `{"message":null}`, `{"message":null}`, `{"ok":true}`},
		{"booleans", `{"message":[true,false]}`, `{"message":[true,false]}`, `{"ok":true}`},
		{"numbers", `{"message":[1.0,-0,1e21,0.1,12345678901234567890]}`, `{"message":[1,0,1e+21,0.1,12345678901234567000]}`, `{"ok":true}`},
		{"key order", `{"message":{"b":1,"a":2,"10":3,"9":4}}`, `{"message":{"9":4,"10":3,"b":1,"a":2}}`, `{"ok":true}`},
		{"no HTML escapes", `{"message":"<b>&\u2028"}`, "{\"message\":\"<b>&\u2028\"}", `{"ok":true}`},
		{"lone surrogate", `{"message":"\ud83d"}`, `{"message":"\ud83d"}`, `{"ok":true}`},
		{"emoji", `{"message":"\ud83d\ude00 \"q\" \\"}`, `{"message":"😀 \"q\" \\"}`, `{"ok":true}`},
		{"spaces", " { \"message\" : [ 1 , 2 ] } ", `{"message":[1,2]}`, `{"ok":true}`},
		{"the rest is left out", `{"from":"a","message":"x","more":{}}`, `{"message":"x"}`, `{"ok":true}`},
		{"the last of two", `{"message":1,"message":2}`, `{"message":2}`, `{"ok":true}`},
		{"an escaped key", `{"mess\u0061ge":1}`, `{"message":1}`, `{"ok":true}`},
		{"its own kind, deeper", `{"message":{"message":{"message":1}}}`, `{"message":{"message":{"message":1}}}`, `{"ok":true}`},

		{"no argument", "", "", invalid("there was none")},
		{"null for an argument", `null`, "", invalid("it was no object")},
		{"a text", `"message"`, "", invalid("it was no object")},
		{"a number", `1`, "", invalid("it was no object")},
		{"an array", `[{"message":1}]`, "", invalid("it was no object")},
		{"an empty object", `{}`, "", invalid(`it had no \"message\"`)},
		{"another key", `{"Message":1,"messages":2}`, "", invalid(`it had no \"message\"`)},
		{"cut off", `{"message":"x"`, "", syntax},
		{"not JSON", `{message:1}`, "", syntax},
		{"more than JSON", `{"message":1}x`, "", syntax},
		{"malformed elsewhere", `{"message":1,"b":01}`, "", syntax},
		{"empty", ` `, "", syntax},
		{"too deep", `{"message":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`, "", syntax},
	} {
		t.Run(test.what, func(t *testing.T) {
			relay := &fakeRelay{}
			c := chat.New(chat.Config{Relay: relay})
			var arg []byte
			if test.arg != "" {
				arg = []byte(test.arg)
			}
			var answers told
			c.Message(arg, answers.add)
			if len(answers) != 1 || !strings.HasPrefix(answers[0], test.answer) {
				t.Errorf("answered %.300q, want %q, once", answers, test.answer)
			}
			wantPayloads, wantInvalid := "[]", uint64(1)
			if test.payload != "" {
				wantPayloads, wantInvalid = fmt.Sprintf("%q", []string{test.payload}), 0
			}
			if got := fmt.Sprintf("%q", relay.got); got != wantPayloads {
				t.Errorf("relayed %.300s, want %s", got, wantPayloads)
			}
			if c.Invalid() != wantInvalid {
				t.Errorf("%d count as invalid, want %d", c.Invalid(), wantInvalid)
			}
		})
	}
}

func TestMessageLength(t *testing.T) {
	const around = len(`{"message":""}`)
	for _, test := range []struct {
		limit, length int
		ok            bool
	}{
		{0, 1_000_000 - around, true},
		{0, 1_000_000 - around + 1, false},
		{around + 10, 10, true},
		{around + 10, 11, false},
	} {
		relay := &fakeRelay{}
		c := chat.New(chat.Config{Relay: relay, MaxMessage: test.limit})
		var answers told
		c.Message([]byte(`{"message":"`+strings.Repeat("x", test.length)+`"}`), answers.add)
		want := `{"ok":true}`
		if !test.ok {
			want = fmt.Sprintf(`{"ok":false,"error":{"code":"too_large","message":"the message is too long: %d bytes, %d are allowed"}}`,
				test.length+around, test.length+around-1)
		}
		if len(answers) != 1 || answers[0] != want || len(relay.got) == 1 != test.ok {
			t.Errorf("%d bytes of at most %d: answered %q and relayed %d, want %s", test.length+around, test.limit, answers, len(relay.got), want)
		}
	}
}

// What went wrong in the relay is told in terms of the chat: its details are for
// operators.
func TestRelayErrors(t *testing.T) {
	secret := errors.New("dial redis://user:password@10.0.0.1: refused")
	for _, test := range []struct {
		err           error
		code, message string
	}{
		{chat.ErrBusy, "busy", "too many messages are waiting"},
		{chat.ErrUnavailable, "unavailable", "the message could not be relayed in time"},
		{chat.ErrUnknown, "unknown", "the message may or may not have been relayed"},
		{chat.ErrShuttingDown, "shutting_down", "the server is shutting down"},
		{errors.New("something else"), "internal", "the server failed"},
		{chat.ErrInternal, "internal", "the server failed"},
		{secret, "internal", "the server failed"},
		{fmt.Errorf("%w: %w", chat.ErrUnavailable, secret), "unavailable", "the message could not be relayed in time"},
		{fmt.Errorf("%w: %w", chat.ErrUnknown, secret), "unknown", "the message may or may not have been relayed"},
		// This one says what the sender can do about it.
		{fmt.Errorf("%w: 12 bytes, 10 are allowed", chat.ErrTooLarge), "too_large", "the message is too long: 12 bytes, 10 are allowed"},
	} {
		c := chat.New(chat.Config{Relay: &fakeRelay{err: test.err}})
		var answers told
		c.Message([]byte(`{"message":1}`), answers.add)
		want := fmt.Sprintf(`{"ok":false,"error":{"code":%q,"message":%q}}`, test.code, test.message)
		if len(answers) != 1 || answers[0] != want {
			t.Errorf("%v: answered %q, want %s, once", test.err, answers, want)
		}
		if c.Invalid() != 0 {
			t.Errorf("%v counts as invalid", test.err)
		}
	}
}

// An answer is given when the relay knows, not before, to the message it is of.
func TestAnswersComeLater(t *testing.T) {
	relay := &fakeRelay{later: true}
	c := chat.New(chat.Config{Relay: relay})
	answers := make([]told, 3)
	for i := range answers {
		c.Message(fmt.Appendf(nil, `{"message":%d}`, i), answers[i].add)
	}
	if got := fmt.Sprint(answers, relay.got); got != `[[] [] []] [{"message":0} {"message":1} {"message":2}]` {
		t.Errorf("before the outcome: %s", got)
	}
	relay.pending[2](nil)
	relay.pending[0](chat.ErrBusy)
	relay.pending[1](nil)
	want := `[[{"ok":false,"error":{"code":"busy","message":"too many messages are waiting"}}] [{"ok":true}] [{"ok":true}]]`
	if got := fmt.Sprint(answers); got != want {
		t.Errorf("answered %s, want %s", got, want)
	}
}

func TestNotice(t *testing.T) {
	notice := chat.Notice{Problem: *chat.InternalAnswer().Error, Event: "event:message"}
	b, err := json.Marshal(notice)
	if want := `{"code":"internal","message":"the server failed","event":"event:message"}`; err != nil || string(b) != want {
		t.Errorf("%s, %v, want %s", b, err, want)
	}
}

// FuzzMessage holds that whatever a client sends, it is answered once, and that
// only JSON is relayed.
func FuzzMessage(f *testing.F) {
	for _, seed := range []string{`{"message":"x"}`, `{"message":1e400}`, `{"message":"\ud83d"}`, `{"message":1,"message":[2]}`, `[]`, `{`, "\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, arg []byte) {
		relay := &fakeRelay{}
		c := chat.New(chat.Config{Relay: relay, MaxMessage: 1000})
		var answers told
		c.Message(arg, answers.add)
		ok := len(answers) == 1 && answers[0] == `{"ok":true}`
		if len(answers) != 1 || ok != (len(relay.got) == 1) {
			t.Fatalf("answered %q and relayed %q", answers, relay.got)
		}
		if ok && (!json.Valid([]byte(relay.got[0])) || !json.Valid(arg) || len(relay.got[0]) > 1000) {
			t.Fatalf("%q was relayed as %q", arg, relay.got[0])
		}
	})
}
