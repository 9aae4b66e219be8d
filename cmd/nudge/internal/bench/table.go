package bench

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// names are the kinds of load in words.
var names = map[string]string{
	"fanout": "fan-out", "echo": "echo", "connect": "connect", "idle": "idle",
}

// plurals are the units in the plural.
var plurals = map[string]string{
	"delivery": "deliveries", "round trip": "round trips", "handshake": "handshakes",
}

// WriteTable writes the result for people.
func (r *Result) WriteTable(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	row := func(name, format string, args ...any) {
		_, _ = fmt.Fprintf(table, "%s\t%s\n", name, fmt.Sprintf(format, args...)) // Flush returns the error
	}
	row(names[r.Work], "%s", r.Settings)
	if r.Interrupted {
		row("interrupted", "the figures are those up to then")
	}
	r.connectionRows(row)
	if r.Sent > 0 {
		row("sent", "%d", r.Sent)
		row("arrived", "%d of %d", r.Delivered, r.Expected)
		row("faults", "%d lost, %d doubled, %d reordered", r.Lost, r.Doubled, r.Reordered)
	}
	if r.Foreign > 0 {
		row("others", "%d packets that are no answer to this run", r.Foreign)
	}
	if r.Work != "idle" && r.Seconds > 0 {
		row("rate", "%.0f %s a second", r.Count/r.Seconds, plurals[r.Unit])
	}
	if l := r.Latency; l != nil {
		row("latency", "p50 %.4g ms, p90 %.4g ms, p99 %.4g ms, max %.4g ms", l.P50, l.P90, l.P99, l.Max)
	}
	r.processRows(row)
	return table.Flush()
}

func (r *Result) connectionRows(row func(name, format string, args ...any)) {
	if r.Work == "connect" {
		row("handshakes", "%d made, %d refused", r.Open, r.Refused)
	} else {
		row("connections", "%d of %d open, %d refused, %d dropped", r.Open, r.Clients, r.Refused, r.Dropped)
	}
	for _, reason := range slices.Sorted(maps.Keys(r.Reasons)) {
		row("", "%d: %s", r.Reasons[reason], strings.Join(strings.Fields(reason), " "))
	}
}

func (r *Result) processRows(row func(name, format string, args ...any)) {
	if r.Count > 0 && len(r.Servers) > 0 {
		user, system := r.ServerCPU()
		row("server CPU", "%.2f µs a %s: %.2f user, %.2f system", user+system, r.Unit, user, system)
	}
	for _, p := range r.Servers {
		row("server memory", "process %d: %.1f MiB before, %.1f at most, %.1f after", p.PID, mib(p.RSSBefore), mib(p.RSSPeak), mib(p.RSSAfter))
	}
	if r.RSSPerConnection > 0 {
		row("", "%.1f KiB a connection", r.RSSPerConnection/1024)
	}
	if r.Count > 0 && r.GeneratorCPU > 0 {
		row("own CPU", "%.2f µs a %s, %.0f %% of a processor", r.GeneratorCPU/r.Count*1e6, r.Unit, 100*r.GeneratorCPU/r.Seconds)
	}
}

func mib(bytes int64) float64 { return float64(bytes) / (1 << 20) }
