package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"
)

// columns are the servers that have one.
var columns = []string{nudge, node, bare, batching}

// writeReport writes all outcomes as Markdown.
func writeReport(out io.Writer, heading string, outcomes []outcome) error {
	w := bufio.NewWriter(out)
	_, _ = fmt.Fprintf(w, "%s\n\n", heading) // Flush returns the error of all
	_, _ = fmt.Fprintf(w, "| work | measured | %s | ratio | at most | met |\n", strings.Join(columns, " | "))
	_, _ = fmt.Fprintf(w, "|---|---|%s---|---|---|\n", strings.Repeat("---|", len(columns)))
	for _, o := range outcomes {
		for _, m := range o.work.measures {
			_, _ = fmt.Fprintln(w, row(o, m))
		}
	}
	_, _ = fmt.Fprintf(w, "\n%s\n", faults(outcomes))
	return w.Flush()
}

// row is a measure of all servers. The judged one is in the first column, also
// where it is another form of it.
func row(o outcome, m measure) string {
	judged := o.work.servers[0]
	cells := []string{o.work.name, m.name}
	for i, column := range columns {
		server := column
		if i == 0 {
			server = judged
		}
		cell := "–"
		if len(o.runs[server]) > 0 {
			cell = figure(o.median(server, m.of), m.unit)
		}
		cells = append(cells, cell)
	}
	ratios, most, met := judge(o, m)
	return "| " + strings.Join(append(cells, ratios, most, met), " | ") + " |"
}

// judge compares the judged server's median with the limits.
func judge(o outcome, m measure) (ratios, most, met string) {
	judged := o.work.servers[0]
	mine := o.median(judged, m.of)
	var ratio, limits []string
	good := true
	for _, server := range o.work.servers[1:] {
		ratio = append(ratio, fmt.Sprintf("%.2f × %s", mine/o.median(server, m.of), name(server, judged)))
	}
	for _, l := range m.limits {
		limits = append(limits, fmt.Sprintf("%.2f × %s", l.times, name(l.of, judged)))
		good = good && mine <= l.times*o.median(l.of, m.of)
	}
	if m.most > 0 {
		limits = append(limits, figure(m.most, m.unit))
		good = good && mine <= m.most
	}
	switch {
	case len(limits) == 0:
		met = "–"
	case good:
		met = "yes"
	default:
		met = "no"
	}
	return strings.Join(ratio, ", "), strings.Join(limits, ", "), met
}

// name is a server in a ratio: Nudge beside itself is its one node, or what it sends
// itself.
func name(server, judged string) string {
	switch {
	case judged == twoNodes && server == nudge:
		return "one node"
	case judged == fromRedis && server == nudge:
		return "its own"
	}
	return server
}

func figure(value float64, unit string) string {
	format := "%.1f"
	if value >= 100 {
		format = "%.0f"
	}
	return strings.TrimSpace(fmt.Sprintf(format, value) + " " + unit)
}

// faults says which runs lost, doubled or reordered something, or had refused
// or dropped connections.
func faults(outcomes []outcome) string {
	var bad []string
	for _, o := range outcomes {
		for _, server := range o.work.servers {
			var sum sample
			for _, r := range o.runs[server] {
				sum.Lost += r.Lost
				sum.Doubled += r.Doubled
				sum.Reordered += r.Reordered
				sum.Refused += r.Refused
				sum.Dropped += r.Dropped
			}
			if sum.faults() > 0 {
				bad = append(bad, fmt.Sprintf("- %s, %s: %d lost, %d doubled, %d reordered deliveries, %d refused, %d dropped connections",
					o.work.name, server, sum.Lost, sum.Doubled, sum.Reordered, sum.Refused, sum.Dropped))
			}
		}
	}
	if bad == nil {
		return "Lost, doubled and reordered deliveries, refused and dropped connections: 0 in every run."
	}
	return "Faults, in all rounds together:\n\n" + strings.Join(bad, "\n")
}

// describeRun says when, on what and how it was measured.
func describeRun(ctx context.Context, opts options) string {
	nodeVersion, err := output(ctx, "node", "--version")
	if err != nil {
		nodeVersion = []byte("unknown")
	}
	return fmt.Sprintf("Measured on %s: %s, %d processors, %s/%s, %s, Node %s.\nMedians of %d alternating rounds, by `%s`.",
		time.Now().UTC().Format(time.DateOnly), processor(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH,
		runtime.Version(), bytes.TrimSpace(nodeVersion), opts.rounds, opts.command)
}

// processor is the name of the machine's processor.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	for line := range strings.Lines(string(text)) {
		if key, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}
