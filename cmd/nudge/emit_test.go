package main

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
)

// TestEmit publishes once, and says nothing.
func TestEmit(t *testing.T) {
	redis := redistest.Start(t)
	r := runHere(t, []string{"REDIS_URL=" + redis.URL()}, "", "emit", "--room", "a", "--except", "b", "--nsp", "chat", "--key", "k", "hello", `{"x":[1,"é"]}`, "2")
	if r.code != exitOK || r.stdout+r.stderr != "" {
		t.Fatalf("%+v", r)
	}
	stats := redis.Do("INFO", "commandstats")
	if !strings.Contains(stats, "cmdstat_publish:calls=1,") {
		t.Errorf("not published once: %s", stats)
	}
}

// TestEmitReachesSubscribers has redis-cli listen: a subscriber that shares no code with
// the publisher.
func TestEmitReachesSubscribers(t *testing.T) {
	redis := redistest.Start(t)
	listener := exec.CommandContext(t.Context(), "redis-cli", "-p", port(redis), "--csv", "PSUBSCRIBE", "*")
	out, err := listener.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = listener.Process.Kill()
		_ = listener.Wait()
	}()
	var got bytes.Buffer
	read := func(want string) {
		t.Helper()
		buf := make([]byte, 4096)
		for !strings.Contains(got.String(), want) {
			n, err := out.Read(buf)
			if err != nil {
				t.Fatalf("%v after %q", err, got.String())
			}
			got.Write(buf[:n])
		}
	}
	read("psubscribe")
	if r := runHere(t, nil, "", "emit", "--redis", redis.URL(), "--room", "a", "--nsp", "chat", "--key", "k", "hello", `"x"`); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	read(`"k#/chat#a#"`)
	read("hello")
}

func port(redis *redistest.Server) string {
	_, port, _ := strings.Cut(redis.Addr(), ":")
	return port
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
