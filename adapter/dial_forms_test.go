package adapter_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

// dialed is a client of the Redis that a URL leads to, for the length of a test.
func dialed(t *testing.T, url string) rueidis.Client {
	t.Helper()
	client, err := adapter.Dial(t.Context(), adapter.DialConfig{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// set writes a key, again and again until it is written.
func set(t *testing.T, client rueidis.Client, key, value string) {
	t.Helper()
	var last error
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		last = client.Do(ctx, client.B().Set().Key(key).Value(value).Build()).Error()
		cancel()
		if last == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("SET in 30 s: %v", last)
		}
	}
}

func TestDialACluster(t *testing.T) {
	t.Parallel() // most of it is waiting
	cluster := redistest.StartCluster(t, redistest.Password("p@ss")...)
	const key = "k"
	master := cluster.Master(key)
	// The first address may lead nowhere, the others are asked too.
	all := cluster.URL()
	one := strings.Replace(all, cluster.Nodes()[0].Addr(), redistest.New(t).Addr(), 1)
	clients := map[string]rueidis.Client{"one": dialed(t, master.URL()), "all": dialed(t, all), "the first is down": dialed(t, one)}
	for name, client := range clients {
		if n := len(client.Nodes()); n < 3 {
			t.Errorf("%s: knows %d masters", name, n)
		}
		set(t, client, key, name)
		if got := master.Do("GET", key); got != name {
			t.Errorf("%s: the master has %q", name, got)
		}
	}
	master.Kill()
	next := cluster.AwaitMaster(key)
	for name, client := range clients {
		set(t, client, key, name+" again")
		if got := next.Do("GET", key); got != name+" again" {
			t.Errorf("%s: the next master has %q", name, got)
		}
	}
}

func TestDialASentinel(t *testing.T) {
	t.Parallel() // most of it is waiting
	watched := redistest.StartSentinel(t, redistest.Password("p@ss")...)
	master, replica := watched.Servers()
	client := dialed(t, watched.URL())
	set(t, client, "k", "first")
	if got := master.Do("GET", "k"); got != "first" {
		t.Errorf("the master has %q", got)
	}
	master.Kill()
	watched.AwaitMaster(replica)
	set(t, client, "k", "second")
	if got := replica.Do("GET", "k"); got != "second" {
		t.Errorf("the next master has %q", got)
	}
	// Without the first sentinel, and without the master of the beginning.
	watched.Sentinels()[0].Kill()
	set(t, dialed(t, watched.URL()), "k", "third")
	if got := replica.Do("GET", "k"); got != "third" {
		t.Errorf("the master has %q", got)
	}
}
