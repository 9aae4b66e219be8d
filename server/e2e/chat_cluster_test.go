package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
)

// TestChatOnRedis is the protocol on one node, with Redis.
func TestChatOnRedis(t *testing.T) {
	chatOnOneNode(t, startNudgeReady(t, redistest.Start(t).URL()))
}

// TestChatTwoNodesAndAPeer: what is said on two nodes and on a Node server is seen
// once, in one same order, and stored once.
func TestChatTwoNodesAndAPeer(t *testing.T) {
	const rounds = 20
	redis := redistest.Start(t)
	one, two := startNudgeReady(t, redis.URL()), startNudgeReady(t, redis.URL())
	three := startNudgeReady(t, redis.URL())
	peer := startPeer(t, redis.URL())
	p := newPuppet(t)
	p.open(t, "ann", one, chatAuth("Ann"))
	p.open(t, "ben", two, chatAuth("Ben"))
	p.open(t, "old", peer, nil)
	p.open(t, "oldgo", three, nil)
	for _, client := range []string{"ann", "ben"} {
		p.granted(t, client, "chat:join", with{"room": "lobby"})
	}
	for i := range rounds {
		for _, client := range []string{"ann", "ben"} {
			p.granted(t, client, "chat:send", with{"room": "lobby", "key": fmt.Sprint(client, i), "text": fmt.Sprint(client, i)})
		}
		p.say(t, "old", fmt.Sprint("old", i))
		p.say(t, "oldgo", fmt.Sprint("oldgo", i))
	}
	const all = 4 * rounds
	anns, bens := p.chatMessages(t, "ann", all), p.chatMessages(t, "ben", all)
	p.messages(t, "old", all)
	p.messages(t, "oldgo", all)
	checkOneOrder(t, map[string][]chatMessage{"ann": anns, "ben": bens}, all)

	// Stored once, and the key is known on every node.
	again := p.granted(t, "ben", "chat:send", with{"room": "lobby", "key": "ben0", "text": "again"})
	at := slices.IndexFunc(bens, func(m chatMessage) bool { return m.Key == "ben0" })
	if again.ID != bens[at].ID {
		t.Errorf("sent again it is %s, first it was %s", again.ID, bens[at].ID)
	}
	p.open(t, "ann2", two, chatAuth("Ann"))
	p.granted(t, "ann2", "chat:join", with{"room": "lobby"})
	again = p.granted(t, "ann2", "chat:send", with{"room": "lobby", "key": "ann1", "text": "again"})
	at = slices.IndexFunc(anns, func(m chatMessage) bool { return m.Key == "ann1" })
	if again.ID != anns[at].ID {
		t.Errorf("sent again elsewhere it is %s, first it was %s", again.ID, anns[at].ID)
	}
	page := p.granted(t, "ben", "chat:history", with{"room": "lobby", "last": 100})
	if !slices.Equal(textsOf(page.Messages), textsOf(bens)) {
		t.Errorf("the history is %q\nand was shown as %q", textsOf(page.Messages), textsOf(bens))
	}
}

// checkOneOrder checks that all have the same messages, each once, in the order of
// their ids.
func checkOneOrder(t *testing.T, of map[string][]chatMessage, count int) {
	t.Helper()
	var first []string
	for client, messages := range of {
		got := textsOf(messages)
		if len(got) != count {
			t.Errorf("%s has %d messages, want %d", client, len(got), count)
		}
		if first == nil {
			first = got
		}
		if !slices.Equal(got, first) {
			t.Errorf("%s has %q\nanother %q", client, got, first)
		}
		seen := map[string]bool{}
		for _, text := range got {
			if seen[text] {
				t.Errorf("%s has %q twice", client, text)
			}
			seen[text] = true
		}
	}
}

// TestChatKeeperKilled: what others publish is stored once, over the end of the node
// that stores it, and its people leave.
func TestChatKeeperKilled(t *testing.T) {
	redis := redistest.Start(t)
	keeper := startNudgeReady(t, redis.URL())
	p := newPuppet(t)
	p.open(t, "gone", keeper, chatAuth("Gone"))
	p.granted(t, "gone", "chat:join", with{"room": "lobby"})
	redis.Publish("MESSAGES", []byte(`{"message":"0"}`))
	p.chatMessages(t, "gone", 1)
	nodes := []*server{startNudgeReady(t, redis.URL()), startNudgeReady(t, redis.URL())}
	for i, node := range nodes {
		client := fmt.Sprint("c", i)
		p.open(t, client, node, chatAuth(client))
		joined := p.granted(t, client, "chat:join", with{"room": "lobby"})
		if !slices.Equal(textsOf(joined.Messages), []string{"0"}) {
			t.Errorf("joined with %+v", joined)
		}
	}
	p.untilPresence(t, "gone", "c1", func(e presenceEvent) []chatPerson { return e.Joined })
	const count = 200
	for i := range count {
		if i == count/2 {
			if err := keeper.cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		redis.Publish("MESSAGES", []byte(fmt.Sprintf(`{"message":"%d"}`, i+1)))
	}
	killed := time.Now()
	var want []string
	for i := range count {
		want = append(want, fmt.Sprint(i+1))
	}
	for i := range nodes {
		if got := textsOf(p.chatMessages(t, fmt.Sprint("c", i), count)); !slices.Equal(got, want) {
			t.Errorf("c%d got %q", i, got)
		}
	}
	p.untilPresence(t, "c0", "Gone", func(e presenceEvent) []chatPerson { return e.Left })
	if took := time.Since(killed); took > 30*time.Second {
		t.Errorf("who was there left after %s", took)
	}
}
