package e2e

import (
	"fmt"
	"reflect"
	"testing"

	"nudge/adapter/adaptertest/redistest"
)

// TestBridgeFlag: what anyone publishes reaches the real client as the event that the
// command line names for the channel, beside the chat.
func TestBridgeFlag(t *testing.T) {
	redis := redistest.Start(t)
	s := startNudgeReady(t, redis.URL(), "--bridge", "PRICES=price,alerts:eu=alert")
	p := newPuppet(t)
	p.open(t, "a", s, nil)
	var want [][]string
	for i := range 100 {
		text := fmt.Sprintf(`{"gold":%d}`, i)
		redis.Do("PUBLISH", "PRICES", text)
		want = append(want, []string{text})
	}
	redis.Do("PUBLISH", "alerts:eu", "up")
	var got [][]string
	p.call(t, "wait", "a", with{"event": "price", "count": len(want)}, &got)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("received %q, want %q", got, want)
	}
	p.call(t, "wait", "a", with{"event": "alert"}, &got)
	if !reflect.DeepEqual(got, [][]string{{"up"}}) {
		t.Errorf("received %q", got)
	}
	p.say(t, "a", "x")
	if got := p.messages(t, "a", 1); got[0] != helloRelayed {
		t.Errorf("received %q, want %q", got[0], helloRelayed)
	}
}
