package e2e

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
)

// TestChatNodesOfOtherSettings: nodes that keep messages by other settings, or none at
// all, are counted and warned of, once each, until they end.
func TestChatNodesOfOtherSettings(t *testing.T) {
	redis := redistest.Start(t)
	one, same := startNudgeReady(t, redis.URL()), startNudgeReady(t, redis.URL())
	shorter := startNudgeReady(t, redis.URL(), "--history-length", "50")
	without := startNudgeReady(t, redis.URL(), "--chat=false")
	for node, unlike := range map[*server]int{one: 2, same: 2, shorter: 3} {
		eventually(t, chatWithin, "the others are counted", func() bool { return node.chatState(t).Unlike == unlike })
	}
	const warning = "a node keeps messages by other settings"
	for node, want := range map[*server][]string{
		one:     {`"length":50`, `"there":"no chat protocol"`},
		shorter: {`"length":1000`, `"length":1000`, `"there":"no chat protocol"`},
		without: nil,
	} {
		var warned []string
		for _, line := range node.out.lines() {
			if strings.Contains(line, warning) {
				warned = append(warned, line)
			}
		}
		if len(warned) != len(want) {
			t.Errorf("%d warnings, want %d: %q", len(warned), len(want), warned)
		}
		for _, text := range want {
			if !strings.Contains(strings.Join(warned, ""), text) {
				t.Errorf("no %s in %q", text, warned)
			}
		}
	}
	const atOnce = 5 * time.Second // well before they would count as dead
	shorter.stop(t)
	eventually(t, atOnce, "it is counted no longer", func() bool { return one.chatState(t).Unlike == 1 })
	without.stop(t)
	eventually(t, atOnce, "that neither", func() bool { return one.chatState(t).Unlike == 0 })
}

// chatState is the chat's part of /readyz.
type chatState struct {
	Keeper bool
	Unlike int
}

func (s *server) chatState(t *testing.T) chatState {
	t.Helper()
	var state struct{ Chat chatState }
	_, body := get(t, s.url+"/readyz")
	if err := json.Unmarshal([]byte(body), &state); err != nil {
		t.Fatalf("/readyz: %v in %q", err, body)
	}
	return state.Chat
}
