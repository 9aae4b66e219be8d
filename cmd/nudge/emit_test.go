package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
	"nudge/adapter/notepack"
)

// published is what a subscriber of all channels was sent: each message as the JSON of its
// msgpack, with its channel in front.
func published(t *testing.T, redis *redistest.Server) <-chan string {
	t.Helper()
	client, err := adapter.Dial(t.Context(), adapter.DialConfig{URL: redis.URL()})
	if err != nil {
		t.Fatal(err)
	}
	messages := make(chan string, 100)
	subscriber, release := client.Dedicate()
	t.Cleanup(func() { release(); client.Close() })
	subscriber.SetPubSubHooks(rueidis.PubSubHooks{OnMessage: func(m rueidis.PubSubMessage) {
		value, err := notepack.NewReader([]byte(m.Message), notepack.Limits{Depth: 10, Elements: 100}).Value()
		if err != nil {
			t.Errorf("%s: %v", m.Channel, err)
		}
		text, err := json.Marshal(value)
		if err != nil {
			t.Errorf("%s: %v", m.Channel, err)
		}
		messages <- m.Channel + " " + string(text)
	}})
	if err := subscriber.Do(t.Context(), subscriber.B().Psubscribe().Pattern("*").Build()).Error(); err != nil {
		t.Fatal(err)
	}
	return messages
}

// TestEmit: each flag and argument is in the one message that a subscriber gets, and the
// command says nothing.
func TestEmit(t *testing.T) {
	redis := redistest.Start(t)
	messages := published(t, redis)
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"an event":        {[]string{"e"}, `socket.io#/# ["emitter",{"data":["e"],"nsp":"/","type":2},{"except":[],"flags":{},"rooms":[]}]`},
		"arguments":       {[]string{"e", `{"x":[1,"é"]}`, "2", `"s"`, "null", "true"}, `socket.io#/# ["emitter",{"data":["e",{"x":[1,"é"]},2,"s",null,true],"nsp":"/","type":2},{"except":[],"flags":{},"rooms":[]}]`},
		"a room":          {[]string{"--room", "a", "e"}, `socket.io#/#a# ["emitter",{"data":["e"],"nsp":"/","type":2},{"except":[],"flags":{},"rooms":["a"]}]`},
		"rooms":           {[]string{"--room", "a", "--room", "b", "e"}, `socket.io#/# ["emitter",{"data":["e"],"nsp":"/","type":2},{"except":[],"flags":{},"rooms":["a","b"]}]`},
		"a comma is text": {[]string{"--room", "a,b", "--except", "c,d", "e"}, `socket.io#/#a,b# ["emitter",{"data":["e"],"nsp":"/","type":2},{"except":["c,d"],"flags":{},"rooms":["a,b"]}]`},
		"except":          {[]string{"--except", "c", "--except", "d", "e"}, `socket.io#/# ["emitter",{"data":["e"],"nsp":"/","type":2},{"except":["c","d"],"flags":{},"rooms":[]}]`},
		"volatile":        {[]string{"--volatile", "e"}, `socket.io#/# ["emitter",{"data":["e"],"nsp":"/","type":2},{"except":[],"flags":{"volatile":true},"rooms":[]}]`},
		"a namespace":     {[]string{"--nsp", "chat", "e"}, `socket.io#/chat# ["emitter",{"data":["e"],"nsp":"/chat","type":2},{"except":[],"flags":{},"rooms":[]}]`},
		"a key":           {[]string{"--key", "k", "e"}, `k#/# ["emitter",{"data":["e"],"nsp":"/","type":2},{"except":[],"flags":{},"rooms":[]}]`},
		"all of it": {[]string{"--room", "a", "--except", "b", "--nsp", "/chat", "--key", "k", "--volatile", "e", "1"},
			`k#/chat#a# ["emitter",{"data":["e",1],"nsp":"/chat","type":2},{"except":["b"],"flags":{"volatile":true},"rooms":["a"]}]`},
	} {
		r := runHere(t, []string{"REDIS_URL=" + redis.URL()}, "", append([]string{"emit"}, tt.args...)...)
		if r.code != exitOK || r.stdout+r.stderr != "" {
			t.Fatalf("%s: %+v", name, r)
		}
		select {
		case got := <-messages:
			if got != tt.want {
				t.Errorf("%s:\n got %s\nwant %s", name, got, tt.want)
			}
		case <-time.After(15 * time.Second):
			t.Fatalf("%s: nothing was published", name)
		}
	}
	redis.Publish("the end", []byte{0xc0}) // behind all that was published
	if got := <-messages; got != "the end null" {
		t.Errorf("published once more: %s", got)
	}
}

func TestEmitErrors(t *testing.T) {
	for name, tt := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no event":  {nil, exitUsage, "wants the name of an event"},
		"no JSON":   {[]string{"--redis", "redis://127.0.0.1:1", "e", "text"}, exitUsage, `argument 1 of the event is no JSON: "text"`},
		"no Redis":  {[]string{"e"}, exitUsage, "give --redis or REDIS_URL"},
		"bad Redis": {[]string{"--redis", "http://h", "e"}, exitUsage, "--redis"},
		"away":      {[]string{"--redis", "redis://u:hunter2@127.0.0.1:1", "e"}, exitFailure, "127.0.0.1:1"},
		"empty key": {[]string{"--key", "", "e"}, exitUsage, "--key"},
	} {
		r := runHere(t, nil, "", append([]string{"emit"}, tt.args...)...)
		if r.code != tt.code || !strings.Contains(r.stderr, tt.want) || strings.Contains(r.stderr, "hunter2") {
			t.Errorf("%s: %+v", name, r)
		}
	}
	redis := redistest.Start(t)
	if r := runHere(t, nil, "", "emit", "--redis", redis.URL(), "disconnect"); r.code != exitUsage || !strings.Contains(r.stderr, "reserved") {
		t.Errorf("a reserved name: %+v", r)
	}
}

// TestEmitWaitsNoLongerThanItSays: a Redis that hangs when it is to take the event holds up
// the end of the command by no more than --timeout.
func TestEmitWaitsNoLongerThanItSays(t *testing.T) {
	redis := redistest.Start(t)
	redis.Do("CLIENT", "PAUSE", "20000", "WRITE") // which PUBLISH counts as
	start := time.Now()
	r := runHere(t, nil, "", "emit", "--redis", redis.URL(), "--timeout", "200ms", "hello")
	if r.code != exitFailure {
		t.Errorf("%+v", r)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("it took %s", took)
	} else {
		t.Logf("it took %s", took)
	}
}
