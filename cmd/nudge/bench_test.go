package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"nudge/cmd/nudge/internal/bench"
	"nudge/cmd/nudge/internal/proctest"
)

// benchServer starts a server to load, and returns the flags that name it.
func benchServer(t *testing.T) []string {
	t.Helper()
	server := proctest.Start(t, proctest.Options{Environ: local}, "serve")
	return []string{"--url", "http://" + listening(t, server), "--pid", fmt.Sprint(server.PID())}
}

// benchJSON runs a load and reads its result.
func benchJSON(t *testing.T, args ...string) bench.Result {
	t.Helper()
	r := runHere(t, nil, "", append(append([]string{"bench"}, args...), "--json")...)
	if r.code != exitOK || r.stderr != "" || strings.Count(r.stdout, "\n") != 1 {
		t.Fatalf("code %d, stderr %q, stdout %q; want 0 and one line", r.code, r.stderr, r.stdout)
	}
	var result bench.Result
	decoder := json.NewDecoder(strings.NewReader(r.stdout))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&result); err != nil {
		t.Fatalf("%v: %s", err, r.stdout)
	}
	return result
}

func TestBenchMeasuresServe(t *testing.T) {
	server := benchServer(t)
	for _, tt := range []struct {
		args string
		want func(r bench.Result) bool
	}{
		{"fanout --clients 50 --messages 40 --rate 20000", func(r bench.Result) bool {
			return r.Count == 2000 && r.Delivered == 2000 && r.Open == 50 && r.Latency != nil
		}},
		{"fanout --clients 50 --messages 100 --in-flight 8", func(r bench.Result) bool { return r.Count == 5000 }},
		{"echo --clients 3 --event event:message --warmup 50ms --duration 300ms", func(r bench.Result) bool {
			return r.Count > 10 && r.Foreign > 0 // the relayed messages
		}},
		{"connect --handshakes 40 --concurrency 4", func(r bench.Result) bool { return r.Count == 40 && r.Open == 40 }},
		{"connect --handshakes 40 --concurrency 4 --transport polling", func(r bench.Result) bool { return r.Count == 40 }},
		{"connect --handshakes 40 --concurrency 4 --transport upgrade", func(r bench.Result) bool { return r.Count == 40 }},
		{"connect --rate 100 --warmup 10ms --duration 300ms", func(r bench.Result) bool { return r.Count >= 10 && r.Count <= 300 }},
		{"idle --clients 60 --settle 10ms --hold 300ms", func(r bench.Result) bool {
			return r.Open == 60 && r.Count > 0.25 && r.Servers[0].RSSAfter > 0
		}},
	} {
		t.Run(tt.args, func(t *testing.T) {
			r := benchJSON(t, append(strings.Fields(tt.args), server...)...)
			if r.Lost+r.Doubled+r.Reordered+r.Refused+r.Dropped != 0 || len(r.Servers) != 1 || r.Servers[0].RSSPeak == 0 || !tt.want(r) {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestBenchShowsATable(t *testing.T) {
	r := runHere(t, nil, "", append([]string{"bench", "fanout", "--messages", "5"}, benchServer(t)...)...)
	if r.code != exitOK || r.stderr != "" || !strings.Contains(r.stdout, "0 lost, 0 doubled, 0 reordered") || !strings.Contains(r.stdout, "µs a delivery") {
		t.Errorf("code %d, stderr %q, stdout:\n%s", r.code, r.stderr, r.stdout)
	}
}

func TestBenchEndsOnSignal(t *testing.T) {
	server := benchServer(t)
	run := proctest.Start(t, proctest.Options{}, append([]string{"bench", "fanout", "--duration", "1h", "--json"}, server...)...)
	// Its own server says when it has clients that a signal would interrupt.
	deadline := time.Now().Add(5 * time.Second)
	for !benchRuns(t, server) {
		if time.Now().After(deadline) {
			t.Fatal("no message of the run arrives")
		}
	}
	run.Signal(syscall.SIGINT)
	if code := run.Wait(); code != exitOK {
		t.Errorf("exit code %d, want 0", code)
	}
	var r bench.Result
	if err := json.NewDecoder(bufio.NewReader(strings.NewReader(run.Stdout()))).Decode(&r); err != nil {
		t.Fatal(err)
	}
	if !r.Interrupted || r.Sent == 0 || r.Lost != 0 {
		t.Errorf("interrupted %t, sent %d, lost %d; want true, some, 0", r.Interrupted, r.Sent, r.Lost)
	}
}

// benchRuns tells whether another run's messages arrive at a client.
func benchRuns(t *testing.T, server []string) bool {
	t.Helper()
	return benchJSON(t, append([]string{"idle", "--clients", "1", "--settle", "1ms", "--hold", "50ms"}, server...)...).Foreign > 0
}

func TestBenchRefuses(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"fanout --url http://192.0.2.1:8000", "192.0.2.1:8000 is not on this machine; --i-run-this-server allows"},
		{"fanout --rate 5 --in-flight 5", "--rate and --in-flight exclude each other"},
		{"echo --rate 5 --in-flight 5", "--rate and --in-flight exclude each other"},
		{"fanout --senders 1001 --clients 2000", "more than 1000 senders"},
		{"fanout --url http://u:hunter2@127.0.0.1", "want a server's URL"},
		{"idle --pid 0", `invalid --pid "0" (command line): want the number of a process`},
		{"connect --transport carrier-pigeon", "want one of websocket, polling, upgrade"},
		{"dance", `unknown command "dance" for nudge bench`},
	} {
		t.Run(tt.args, func(t *testing.T) {
			r := runHere(t, nil, "", append([]string{"bench"}, strings.Fields(tt.args)...)...)
			r.wantUsageError(t, "nudge: ", tt.want)
			if strings.Contains(r.stderr, "hunter2") {
				t.Errorf("stderr shows a password: %s", r.stderr)
			}
		})
	}
	r := runHere(t, nil, "", "bench", "idle", "--pid", "2147483647")
	if r.code != exitFailure || !strings.Contains(r.stderr, "no such process: 2147483647") {
		t.Errorf("code %d, stderr %q", r.code, r.stderr)
	}
}
