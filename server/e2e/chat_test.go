package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"
)

// chatWithin bounds what the chat must do, on a busy machine.
const chatWithin = 30 * time.Second

// chatAnswer is what an ack of the chat protocol may hold.
type chatAnswer struct {
	OK       bool
	Error    *problem
	Room     string
	ID       string
	Time     int64
	Messages []chatMessage
	More     bool
	Gap      bool
	People   []chatPerson
	Count    int
	You      chatPerson
}

type chatPerson struct{ ID, Name string }

type chatMessage struct {
	ID, Room, Text, Key string
	Time                int64
	From                *chatPerson
}

// chatAuth are the options of a client of version 1.
func chatAuth(name string) with {
	return with{"auth": with{"chat": 1, "key": "secret-secret-of-" + name, "name": name}}
}

// request sends an event of the chat protocol and returns its answer.
func (p *puppet) request(t *testing.T, client, event string, arg any) chatAnswer {
	t.Helper()
	var answers []chatAnswer
	p.call(t, "ask", client, with{"event": event, "args": []any{arg}}, &answers)
	if len(answers) != 1 {
		t.Fatalf("%s of %s answered %v", event, client, answers)
	}
	return answers[0]
}

// granted is request that must be granted.
func (p *puppet) granted(t *testing.T, client, event string, arg any) chatAnswer {
	t.Helper()
	answer := p.request(t, client, event, arg)
	if !answer.OK {
		t.Fatalf("%s of %s was refused: %+v", event, client, answer.Error)
	}
	return answer
}

// chatMessages waits until a client has received count of them.
func (p *puppet) chatMessages(t *testing.T, client string, count int) []chatMessage {
	t.Helper()
	var events []json.RawMessage
	p.call(t, "wait", client, with{"event": "chat:message", "count": count}, &events)
	messages := make([]chatMessage, len(events))
	for i, raw := range events {
		var args []chatMessage
		if err := json.Unmarshal(raw, &args); err != nil || len(args) != 1 {
			t.Fatalf("chat:message %s: %v", raw, err)
		}
		messages[i] = args[0]
	}
	return messages
}

func textsOf(messages []chatMessage) []string {
	var all []string
	for _, m := range messages {
		all = append(all, m.Text)
	}
	return all
}

// TestChatAlone is the protocol on one node, without Redis.
func TestChatAlone(t *testing.T) {
	node := startNudgeReady(t, "", "--node-name", "one")
	chatOnOneNode(t, node)
}

func chatOnOneNode(t *testing.T, node *server) {
	t.Helper()
	p := newPuppet(t)
	p.open(t, "old", node, nil)
	p.open(t, "ann", node, chatAuth("Ann"))
	p.open(t, "ben", node, chatAuth("Ben"))
	for _, client := range []string{"ann", "ben"} {
		joined := p.granted(t, client, "chat:join", with{"room": "lobby"})
		if joined.Messages == nil || len(joined.Messages) != 0 || joined.More || joined.Gap || joined.People == nil {
			t.Fatalf("joined with %+v", joined)
		}
	}
	sent := p.granted(t, "ann", "chat:send", with{"room": "lobby", "key": "k1", "text": "<b>hi</b> \u2028"})
	again := p.granted(t, "ann", "chat:send", with{"room": "lobby", "key": "k1", "text": "other"})
	if sent.ID == "" || again.ID != sent.ID || again.Time != sent.Time {
		t.Errorf("sent %+v, again %+v", sent, again)
	}
	if got, want := p.messages(t, "old", 1), `{"message":"<b>hi</b> `+"\u2028"+`","chat":{"id":"`+sent.ID+`"}}`; got[0] != want {
		t.Errorf("the old client got %q, want %q", got[0], want)
	}
	p.say(t, "old", "from afar")
	for _, client := range []string{"ann", "ben"} {
		got := p.chatMessages(t, client, 2)
		if !slices.Equal(textsOf(got), []string{"<b>hi</b> \u2028", "from afar"}) || got[0].From.Name != "Ann" || got[1].From != nil || got[0].Key != "k1" {
			t.Errorf("%s got %+v", client, got)
		}
		var old []any
		p.call(t, "received", client, with{"event": "message"}, &old)
		if len(old) != 0 {
			t.Errorf("%s got messages of the old kind: %v", client, old)
		}
	}
	// Who comes back by the first id gets the second.
	p.open(t, "cat", node, chatAuth("Cat"))
	joined := p.granted(t, "cat", "chat:join", with{"room": "lobby", "after": sent.ID})
	if !slices.Equal(textsOf(joined.Messages), []string{"from afar"}) || joined.Gap || joined.More || joined.Count != 3 {
		t.Errorf("joined with %+v", joined)
	}
	for i := range 5 {
		p.granted(t, "cat", "chat:send", with{"room": "lobby", "key": fmt.Sprint("c", i), "text": fmt.Sprint(i)})
	}
	page := p.granted(t, "cat", "chat:history", with{"room": "lobby", "last": 2})
	if !slices.Equal(textsOf(page.Messages), []string{"3", "4"}) || !page.More {
		t.Errorf("the newest are %+v", page)
	}
	page = p.granted(t, "cat", "chat:history", with{"room": "lobby", "last": 3, "before": page.Messages[0].ID})
	if !slices.Equal(textsOf(page.Messages), []string{"0", "1", "2"}) || !page.More {
		t.Errorf("before them are %+v", page)
	}
	for _, bad := range []struct {
		event string
		arg   any
		code  string
	}{
		{"chat:send", with{"room": "elsewhere", "key": "k", "text": "x"}, "invalid_message"},
		{"chat:send", with{"room": "lobby", "key": "k k", "text": "x"}, "invalid_message"},
		{"chat:send", with{"room": "lobby", "key": "k", "text": " "}, "invalid_message"},
		{"chat:join", "lobby", "invalid_message"},
		{"chat:join", with{"room": "a/b"}, "invalid_message"},
		{"chat:history", with{"room": "lobby", "before": "1-1", "after": "1-1"}, "invalid_message"},
	} {
		if got := p.request(t, "cat", bad.event, bad.arg); got.OK || got.Error.Code != bad.code {
			t.Errorf("%s %v: %+v", bad.event, bad.arg, got)
		}
	}
	if got := p.granted(t, "cat", "chat:name", with{"name": "Kat"}); got.You.Name != "Kat" {
		t.Errorf("named %+v", got)
	}
	p.untilPresence(t, "ann", "Kat", func(e presenceEvent) []chatPerson { return append(e.Joined, e.Changed...) })
	p.call(t, "close", "cat", nil, nil)
	p.untilPresence(t, "ann", "Kat", func(e presenceEvent) []chatPerson { return e.Left })
}

type presenceEvent struct {
	Joined, Left, Changed []chatPerson
	Count                 int
}

// untilPresence waits until one of a client's chat:presence events has someone in a
// list of it.
func (p *puppet) untilPresence(t *testing.T, client, name string, list func(presenceEvent) []chatPerson) {
	t.Helper()
	eventually(t, chatWithin, client+" is told of "+name, func() bool {
		var events [][]presenceEvent
		p.call(t, "received", client, with{"event": "chat:presence"}, &events)
		return slices.ContainsFunc(events, func(args []presenceEvent) bool {
			return slices.ContainsFunc(list(args[0]), func(who chatPerson) bool { return who.Name == name })
		})
	})
}

func TestChatRefusesAMalformedAuth(t *testing.T) {
	node := startNudgeReady(t, "")
	p := newPuppet(t)
	for client, test := range map[string]struct {
		auth    with
		message string
	}{
		"short":   {with{"chat": 1, "key": "short"}, "the key has 16 to 128 characters, this one 5"},
		"version": {with{"chat": 2, "key": "secret-secret-of-a"}, "this server speaks version 1 of the chat protocol, not 2"},
		"half":    {with{"chat": 1.5, "key": "secret-secret-of-a"}, "auth.chat is a whole number"},
		"text":    {with{"chat": "1", "key": "secret-secret-of-a"}, "auth.chat is a whole number"},
		"name":    {with{"chat": 1, "key": "secret-secret-of-a", "name": " "}, "a name is not only white space, and has no control characters"},
	} {
		p.call(t, "open", client, with{"url": node.url, "wait": false, "options": with{"auth": test.auth}}, nil)
		var state clientState
		eventually(t, startWithin, client+" is refused", func() bool {
			state = p.state(t, client)
			return state.ConnectError != ""
		})
		message := "the message is malformed: " + test.message
		var got problem
		if err := json.Unmarshal(state.ConnectErrorData, &got); err != nil || got.Code != "invalid_message" || got.Message != message || state.ConnectError != message {
			t.Errorf("%s is refused as %q with %s, %v, want %q", client, state.ConnectError, state.ConnectErrorData, err, message)
		}
	}
}
