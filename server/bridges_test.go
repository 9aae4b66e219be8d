package server

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"nudge/adapter/adaptertest/redistest"
)

func TestBridgeConfig(t *testing.T) {
	many := make([]Bridge, 65)
	for i := range many {
		many[i] = Bridge{fmt.Sprint(i), "x"}
	}
	for name, tt := range map[string]struct {
		cfg  Config
		want string
	}{
		"no channel":     {Config{Bridges: []Bridge{{"", "x"}}}, `"=x": want a channel and an event`},
		"no event":       {Config{Bridges: []Bridge{{"A", ""}}}, `"A=": want a channel and an event`},
		"reserved":       {Config{Bridges: []Bridge{{"A", "disconnect"}}}, `"A=disconnect": the event disconnect is Socket.IO's own`},
		"the chat's":     {Config{Bridges: []Bridge{{"MESSAGES", "x"}}}, `"MESSAGES=x": the channel is that of the chat`},
		"the chat's own": {Config{Channel: "A", Bridges: []Bridge{{"A", "x"}}}, `"A=x": the channel is that of the chat`},
		"twice":          {Config{Bridges: []Bridge{{"A", "x"}, {"A", "y"}}}, `"A=y": the channel is that of "A=x"`},
		"too many":       {Config{Bridges: many}, `65 are configured, at most 64 may be`},
	} {
		tt.cfg.RedisURL = "redis://127.0.0.1:1"
		if _, err := New(tt.cfg); !errors.Is(err, ErrBridge) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := New(Config{Bridges: []Bridge{{"A", "x"}}}); !errors.Is(err, ErrBridge) || !strings.Contains(err.Error(), "without Redis") {
		t.Errorf("without Redis: %v", err)
	}
}

// TestBridges: what is published on a bridge's channel reaches the clients of each
// server that has it as its event, as it came, once and in order.
func TestBridges(t *testing.T) {
	redis := redistest.Start(t)
	with := Config{RedisURL: redis.URL(), MaxPublish: 20, Bridges: []Bridge{{"PRICES", "price"}, {"log", "message"}}}
	one, two, without := start(t, with), start(t, with), start(t, Config{RedisURL: redis.URL()})
	var clients []*client
	for _, s := range []*testServer{one, two, without} {
		eventually(t, "readiness", func() bool { status, _ := s.readyz(); return status == 200 })
		clients = append(clients, s.connect())
	}
	for i := range 3 {
		redis.Do("PUBLISH", "PRICES", fmt.Sprintf(`{"gold":%d}`, i))
	}
	redis.Do("PUBLISH", "PRICES", strings.Repeat("x", 21))
	redis.Do("PUBLISH", "PRICES", "bad \xff text")
	for _, c := range clients[:2] {
		for i := range 3 {
			c.Expect(fmt.Sprintf(`42["price","{\"gold\":%d}"]`, i))
		}
		c.Expect("42[\"price\",\"bad \uFFFD text\"]")
	}
	redis.Do("PUBLISH", "log", "line")
	for _, c := range clients[:2] {
		c.Expect(`42["message","line"]`)
	}
	redis.Do("PUBLISH", "MESSAGES", "end")
	for _, c := range clients {
		c.Expect(`42["message","end"]`)
	}
	_, state := one.readyz()
	if len(state.Bridges) != 2 {
		t.Fatalf("the bridges are %+v", state.Bridges)
	}
	price, log := state.Bridges[0], state.Bridges[1]
	if price.Channel != "PRICES" || price.Event != "price" || !price.Connected || price.Since.IsZero() {
		t.Errorf("the bridge is %+v", price)
	}
	if c := price.Counts; c["delivered"] != 4 || c["repaired"] != 1 || c["dropped_too_long"] != 1 || c["redis_connects"] != 1 {
		t.Errorf("its counts are %v", c)
	}
	if log.Channel != "log" || log.Counts["delivered"] != 1 {
		t.Errorf("the other is %+v", log)
	}
}

// TestBridgeTellsTheTruth: a server whose bridge is cut off is not ready, until it is back.
func TestBridgeTellsTheTruth(t *testing.T) {
	redis := redistest.New(t)
	s := start(t, Config{RedisURL: redis.URL(), Adapter: AdapterNone, Bridges: []Bridge{{"PRICES", "price"}}})
	_, reason := s.bridgeStates()
	if status, state := s.readyz(); status != 503 || state.Bridges[0].Connected || !strings.Contains(reason, "the bridge PRICES=price is not connected to Redis") {
		t.Errorf("%d, %+v, %q", status, state.Bridges, reason)
	}
	redis.Start()
	eventually(t, "readiness", func() bool { status, _ := s.readyz(); return status == 200 })
	c := s.connect()
	redis.Do("PUBLISH", "PRICES", "1")
	c.Expect(`42["price","1"]`)
}
