package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"syscall"
	"testing"

	"nudge/adapter/adaptertest/redistest"
	"nudge/server/chat"
)

// logKeeps is how many messages the log of all keeps for nodes that are behind.
const (
	logKeeps     = 10_000
	behindTheLog = logKeeps + 500
)

// TestChatBehindTheLog: a node that hung until the log had lost its place has its
// clients ask for the history, before they get what follows; and so they come to have
// all that is kept, each once and in order, and know whether more is missing.
func TestChatBehindTheLog(t *testing.T) {
	for _, c := range []struct {
		name    string
		args    []string
		missing bool
	}{
		{"the history reaches back", []string{"--history-length", "20000"}, false},
		{"it does not", []string{"--history-length", "50"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			redis := redistest.Start(t)
			one := startNudgeReady(t, redis.URL(), c.args...)
			eventually(t, startWithin, "it keeps what others publish", func() bool { return one.chatState(t).Keeper })
			two := startNudgeReady(t, redis.URL(), c.args...)
			p := newPuppet(t)
			p.open(t, "ann", one, chatAuth("Ann"))
			p.open(t, "ben", two, chatAuth("Ben"))
			for _, client := range []string{"ann", "ben"} {
				p.granted(t, client, "chat:join", with{"room": "lobby"})
			}
			p.granted(t, "ann", "chat:send", with{"room": "lobby", "key": "k", "text": "first"})
			p.chatMessages(t, "ben", 1)
			if err := two.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			publishStored(t, redis, behindTheLog)
			if err := two.cmd.Process.Signal(syscall.SIGCONT); err != nil {
				t.Fatal(err)
			}
			p.call(t, "wait", "ben", with{"event": "chat:resync"}, nil)
			p.granted(t, "ann", "chat:send", with{"room": "lobby", "key": "l", "text": "last"})
			all := p.chatMessages(t, "ann", behindTheLog+2)

			list, missing := p.catchUp(t, "ben", all[len(all)-1].ID)
			if missing != c.missing {
				t.Errorf("told that some are missing: %t", missing)
			}
			want := textsOf(all)
			if c.missing { // what was on its way as the node hung, and what the log keeps
				before := 0
				for before < len(list) && list[before].Text == want[before] {
					before++
				}
				kept := len(list) - before
				if before == 0 || kept < logKeeps || kept > logKeeps+64+1 { // so many more may wait to be trimmed
					t.Fatalf("%d came before the gap and %d follow, the log keeps %d", before, kept, logKeeps)
				}
				want = slices.Concat(want[:before], want[len(want)-kept:])
			}
			if got := textsOf(list); !slices.Equal(got, want) {
				t.Errorf("he has %d, %q to %q; want %d", len(got), got[:min(5, len(got))], got[max(0, len(got)-5):], len(want))
			}
		})
	}
}

// publishStored publishes messages of the old kind, and waits until all are stored.
func publishStored(t *testing.T, redis *redistest.Server, count int) {
	t.Helper()
	const chunk = 500 // nobody gets behind
	stored := func() int {
		n, err := strconv.Atoi(redis.Do("GET", "{MESSAGES}:chat:count"))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := stored()
	for from := 0; from < count; from += chunk {
		to := min(from+chunk, count)
		redis.Do("EVAL", `for i = ARGV[1], ARGV[2] - 1 do redis.call('PUBLISH', 'MESSAGES', '{"message":"' .. string.format('%d', i) .. '"}') end`,
			"0", fmt.Sprint(from), fmt.Sprint(to))
		eventually(t, chatWithin, "they are stored", func() bool { return stored() >= before+to })
	}
	if got := stored() - before; got != count {
		t.Errorf("%d are stored of %d", got, count)
	}
}

// catchUp is what a client of one chat:resync does, once it has a message: it asks for
// what follows the last before the resync. It returns what it has in the end, and
// whether it was told that some are missing.
func (p *puppet) catchUp(t *testing.T, client, last string) (list []chatMessage, missing bool) {
	t.Helper()
	byID := map[string]chatMessage{}
	complete := ""
	eventually(t, chatWithin, "the last is there", func() bool {
		var events []struct {
			Event string
			Args  []json.RawMessage
		}
		p.call(t, "events", client, nil, &events)
		clear(byID)
		complete = ""
		resyncs := 0
		for _, e := range events {
			switch e.Event {
			case "chat:resync":
				resyncs++
			case "chat:message":
				var m chatMessage
				if err := json.Unmarshal(e.Args[0], &m); err != nil {
					t.Fatalf("%s: %v", e.Args[0], err)
				}
				if _, twice := byID[m.ID]; twice {
					t.Errorf("%s came twice", m.ID)
				}
				byID[m.ID] = m
				if resyncs == 0 {
					complete = m.ID
				}
			}
		}
		if resyncs > 1 {
			t.Errorf("%d times asked to catch up", resyncs)
		}
		_, there := byID[last]
		return there
	})
	for more := true; more; {
		page := p.granted(t, client, "chat:history", with{"room": "lobby", "after": complete})
		for _, m := range page.Messages {
			if first, known := byID[m.ID]; known && first.Text != m.Text {
				t.Errorf("%s is %q and %q", m.ID, first.Text, m.Text)
			}
			byID[m.ID] = m
			complete = m.ID
		}
		more, missing = page.More, missing || page.Gap
	}
	for _, m := range byID {
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b chatMessage) int { return chat.CompareIDs(a.ID, b.ID) })
	return list, missing
}
