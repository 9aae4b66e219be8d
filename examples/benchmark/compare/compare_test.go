package main

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// TestGoServers runs the generator against every Go server, each for a moment.
func TestGoServers(t *testing.T) {
	dir := t.TempDir()
	l := &lab{bin: filepath.Join(dir, "bin"), scratch: dir, progress: io.Discard}
	if err := build(t.Context(), l.bin); err != nil {
		t.Fatal(err)
	}
	counted := []measure{{name: "count", of: func(s sample) float64 { return s.Count }}}
	for _, w := range []work{
		{
			name: "fan-out", args: strings.Fields("fanout --clients 20 --messages 30 --rate 20000"),
			servers: []string{nudge, bare, batching}, measures: counted,
		},
		{
			name: "echo", args: strings.Fields("echo --clients 2 --warmup 10ms --duration 100ms"),
			servers: []string{nudge, bare}, measures: counted,
		},
		{
			name: "two nodes", args: strings.Fields("fanout --clients 20 --messages 30 --rate 20000"),
			servers: []string{twoNodes}, measures: counted,
		},
		{
			name: "joined", args: strings.Fields("fanout --event broadcast --clients 20 --messages 30 --rate 20000"), joined: true,
			servers: []string{nudge}, measures: counted,
		},
		{
			name: "publish", args: strings.Fields("--warmup 10ms --duration 100ms"), alone: "publish",
			servers: []string{nudge}, measures: counted,
		},
		{
			name: "members", args: strings.Fields("--members 5 --rate 200 --warmup 50ms --duration 100ms"), alone: "members",
			servers: []string{fromRedis, nudge}, measures: counted,
		},
	} {
		t.Run(w.name, func(t *testing.T) {
			result, err := l.compare(t.Context(), w, 1)
			if err != nil {
				t.Fatal(err)
			}
			for _, server := range w.servers {
				runs := result.runs[server]
				if len(runs) != 1 || runs[0].faults() != 0 || len(runs[0].Servers) == 0 {
					t.Errorf("%s: %+v", server, runs)
				}
				if w.args[0] == "fanout" && runs[0].Count != 600 {
					t.Errorf("%s: %.0f deliveries, want 600", server, runs[0].Count)
				}
			}
		})
	}
}

func TestStartFails(t *testing.T) {
	l := &lab{bin: t.TempDir(), scratch: t.TempDir(), progress: io.Discard}
	if _, err := l.measure(t.Context(), work{args: []string{"idle"}}, bare); err == nil {
		t.Error("a server that is not there was measured")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := run(ctx, options{}, io.Discard, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("ended before it began: %v", err)
	}
}

func TestReport(t *testing.T) {
	samples := func(micros ...float64) (runs []sample) {
		for _, micro := range micros {
			s := sample{Count: 1e6, Seconds: 1}
			s.Servers = append(s.Servers, struct {
				User   float64 `json:"user_seconds"`
				System float64 `json:"system_seconds"`
			}{micro / 4, micro * 3 / 4})
			runs = append(runs, s)
		}
		return runs
	}
	o := outcome{
		work: work{name: "fan-out", servers: []string{nudge, node, bare}, measures: []measure{
			{name: "CPU", unit: "µs", of: cpu, limits: []limit{{0.65, node}, {1.10, bare}}},
			{name: "user CPU", unit: "µs", of: userCPU, limits: []limit{{0.25, node}}},
			{name: "system", of: func(s sample) float64 { return s.system() }},
			{name: "bounded", unit: "µs", of: cpu, most: 11},
		}},
		runs: map[string][]sample{
			nudge: samples(14, 12, 99), node: samples(20, 28, 28), bare: samples(13, 13, 1),
		},
	}
	two := outcome{
		work: work{name: "two", servers: []string{twoNodes, nudge}, measures: []measure{{name: "CPU", unit: "µs", of: cpu, limits: []limit{{1.1, nudge}}}}},
		runs: map[string][]sample{twoNodes: samples(10, 12), nudge: samples(10)},
	}
	two.runs[twoNodes][0].Lost = 3
	var out strings.Builder
	if err := writeReport(&out, "heading", []outcome{o, two}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"heading\n\n| work |",
		"| fan-out | CPU | 14.0 µs | 28.0 µs | 13.0 µs | – | 0.50 × Node, 1.08 × bare write | 0.65 × Node, 1.10 × bare write | yes |",
		"| fan-out | user CPU | 3.5 µs | 7.0 µs | 3.2 µs | – | 0.50 × Node, 1.08 × bare write | 0.25 × Node | no |",
		"| fan-out | system | 10.5 | 21.0 | 9.8 | – | 0.50 × Node, 1.08 × bare write |  | – |",
		"| fan-out | bounded | 14.0 µs | 28.0 µs | 13.0 µs | – | 0.50 × Node, 1.08 × bare write | 11.0 µs | no |",
		"| two | CPU | 11.0 µs | – | – | – | 1.10 × one node | 1.10 × one node | yes |",
		"- two, Nudge, two nodes: 3 lost, 0 doubled",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestChoose(t *testing.T) {
	works := allWorks(true)
	if chosen, err := choose(works, "idle, handshake"); err != nil || len(chosen) != 4 {
		t.Errorf("%d works, %v; want 4", len(chosen), err)
	}
	if chosen, err := choose(works, ""); err != nil || len(chosen) != len(works) {
		t.Errorf("%d works, %v; want all", len(chosen), err)
	}
	if _, err := choose(works, "dance"); err == nil || !strings.Contains(err.Error(), "handshake, websocket") {
		t.Errorf("error %v, want the names there are", err)
	}
}
