package e2e

import (
	"fmt"
	"testing"

	"nudge/adapter/adaptertest/redistest"
)

// TestChatOnRedisCluster: two nodes on a Redis Cluster are one chat, and its keys are
// all in one slot.
func TestChatOnRedisCluster(t *testing.T) {
	const count = 20
	cluster := redistest.StartCluster(t)
	chatOnOneNode(t, startNudgeReady(t, cluster.URL()))

	p := newPuppet(t)
	var want []string
	names := []string{"dan", "eve"}
	for _, name := range names {
		p.open(t, name, startNudgeReady(t, cluster.URL()), chatAuth(name))
		p.granted(t, name, "chat:join", with{"room": "cluster"})
	}
	for i := range count {
		text := fmt.Sprint(i)
		want = append(want, text)
		p.granted(t, names[i%2], "chat:send", with{"room": "cluster", "key": text, "text": text})
	}
	shown := map[string][]chatMessage{}
	for _, name := range names {
		shown[name] = p.chatMessages(t, name, count)
	}
	checkOneOrder(t, shown, count)
	if got := textsOf(shown["dan"]); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("shown are %q", got)
	}
	for _, key := range []string{"log", "rooms", "room:cluster", "keys", "order", "count", "sizes"} {
		if key = "{MESSAGES}:chat:" + key; cluster.Master("{MESSAGES}").Do("EXISTS", key) != "1" {
			t.Errorf("%s is not where the channel's slot is", key)
		}
	}
}

// TestChatOfMsgpackClients: the protocol with clients of socket.io-msgpack-parser.
func TestChatOfMsgpackClients(t *testing.T) {
	node := startNudgeReady(t, "", "--parser", "msgpack")
	p := newPuppet(t)
	for _, name := range []string{"ann", "ben"} {
		options := chatAuth(name)
		options["msgpack"] = true
		p.open(t, name, node, options)
		var hello [][]struct {
			Version  int
			Features []string
		}
		p.call(t, "wait", name, with{"event": "hello"}, &hello)
		if hello[0][0].Version != 1 || len(hello[0][0].Features) == 0 {
			t.Errorf("%s was greeted with %+v", name, hello)
		}
		if joined := p.granted(t, name, "chat:join", with{"room": "lobby"}); joined.Messages == nil || joined.People == nil {
			t.Errorf("%s joined with %+v", name, joined)
		}
	}
	sent := p.granted(t, "ann", "chat:send", with{"room": "lobby", "key": "k", "text": "<b>ä</b> 😀"})
	if again := p.granted(t, "ann", "chat:send", with{"room": "lobby", "key": "k", "text": "other"}); again.ID != sent.ID {
		t.Errorf("sent %+v, again %+v", sent, again)
	}
	p.say(t, "ben", with{"a": 1})
	for _, name := range []string{"ann", "ben"} {
		got := p.chatMessages(t, name, 2)
		if got[0].ID != sent.ID || got[0].Text != "<b>ä</b> 😀" || got[0].From.Name != "ann" || got[1].Text != `{"a":1}` || got[1].From != nil {
			t.Errorf("%s got %+v", name, got)
		}
	}
	page := p.granted(t, "ben", "chat:history", with{"room": "lobby", "after": sent.ID})
	if len(page.Messages) != 1 || page.Gap || page.More {
		t.Errorf("behind it are %+v", page)
	}
	if refused := p.request(t, "ben", "chat:history", with{"room": "lobby", "last": -1}); refused.OK || refused.Error.Code != "invalid_message" {
		t.Errorf("answered %+v", refused)
	}
}

// TestChatWithoutHistory: where no messages are kept, they are delivered, on all nodes,
// once and known again; a client that comes back is told that there is a gap.
func TestChatWithoutHistory(t *testing.T) {
	redis := redistest.Start(t)
	for name, url := range map[string]string{"in memory": "", "on Redis": redis.URL()} {
		t.Run(name, func(t *testing.T) {
			one := startNudgeReady(t, url, "--history-length", "0")
			two := one
			if url != "" {
				two = startNudgeReady(t, url, "--history-length", "0")
			}
			p := newPuppet(t)
			p.open(t, "ann", one, chatAuth("Ann"))
			p.open(t, "ben", two, chatAuth("Ben"))
			for _, client := range []string{"ann", "ben"} {
				var hello [][]struct {
					Features []string
					Limits   struct{ History int }
				}
				p.call(t, "wait", client, with{"event": "hello"}, &hello)
				if fmt.Sprint(hello[0][0].Features) != "[presence typing rooms]" || hello[0][0].Limits.History != 0 {
					t.Errorf("%s was greeted with %+v", client, hello)
				}
				p.granted(t, client, "chat:join", with{"room": "lobby"})
			}
			sent := p.granted(t, "ann", "chat:send", with{"room": "lobby", "key": "k", "text": "x"})
			if again := p.granted(t, "ann", "chat:send", with{"room": "lobby", "key": "k", "text": "x"}); again.ID != sent.ID {
				t.Errorf("sent %+v, again %+v", sent, again)
			}
			p.granted(t, "ben", "chat:send", with{"room": "lobby", "key": "k", "text": "y"})
			for _, client := range []string{"ann", "ben"} {
				if got := textsOf(p.chatMessages(t, client, 2)); fmt.Sprint(got) != "[x y]" {
					t.Errorf("%s got %q", client, got)
				}
			}
			for _, arg := range []with{{"room": "lobby", "after": sent.ID}, {"room": "lobby"}} {
				page := p.granted(t, "ben", "chat:join", arg)
				if len(page.Messages) != 0 || page.More || page.Gap != (arg["after"] != nil) {
					t.Errorf("joined by %v with %+v", arg, page)
				}
			}
			if url != "" && redis.Do("EXISTS", "{MESSAGES}:chat:room:lobby") != "0" {
				t.Error("messages are kept")
			}
		})
	}
}

// TestChatKnowsWhatItKeepsNoLonger: a message that is sent again when it is kept no longer
// is shown once, and answered as the first time.
func TestChatKnowsWhatItKeepsNoLonger(t *testing.T) {
	for name, url := range map[string]string{"in memory": "", "on Redis": redistest.Start(t).URL()} {
		t.Run(name, func(t *testing.T) {
			node := startNudgeReady(t, url, "--history-age", "500ms")
			p := newPuppet(t)
			for _, client := range []string{"ann", "ben"} {
				p.open(t, client, node, chatAuth(client))
				p.granted(t, client, "chat:join", with{"room": "lobby"})
			}
			message := with{"room": "lobby", "key": "k", "text": "once"}
			first := p.granted(t, "ann", "chat:send", message)
			eventually(t, chatWithin, "it is kept no longer", func() bool {
				return len(p.granted(t, "ben", "chat:history", with{"room": "lobby"}).Messages) == 0
			})
			if again := p.granted(t, "ann", "chat:send", message); again.ID != first.ID || again.Time != first.Time {
				t.Errorf("sent again it is %+v, first it was %+v", again, first)
			}
			p.granted(t, "ann", "chat:send", with{"room": "lobby", "key": "l", "text": "then"})
			if got := textsOf(p.chatMessages(t, "ben", 2)); fmt.Sprint(got) != "[once then]" {
				t.Errorf("shown are %q", got)
			}
		})
	}
}
