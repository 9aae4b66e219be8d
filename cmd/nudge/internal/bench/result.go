package bench

import (
	"time"
)

// Result is what a run came to. Its JSON form is one line of the tool's output
// for machines. A figure that its kind of load has no use for is left out.
type Result struct {
	// Work is the kind of load: fanout, echo, connect or idle.
	Work string `json:"work"`
	// Started is when the run began.
	Started time.Time `json:"started"`
	// Settings are what was asked for, in words.
	Settings string `json:"settings"`
	// Interrupted tells that the run was ended early; the figures are those up
	// to then.
	Interrupted bool `json:"interrupted"`

	// Unit is what Count counts: delivery, round trip, handshake or
	// connection minute.
	Unit string `json:"unit"`
	// Count is how many of them were made in the time that CPU was measured.
	Count float64 `json:"count"`
	// Seconds is how long that time was.
	Seconds float64 `json:"seconds"`

	// Clients is how many connections were asked for, Open how many were made,
	// Refused how many were not, and Dropped how many the server ended.
	Clients int `json:"clients"`
	Open    int `json:"open"`
	Refused int `json:"refused"`
	Dropped int `json:"dropped"`
	// Reasons counts why connections were refused or dropped.
	Reasons map[string]int `json:"reasons,omitempty"`

	// Sent is how many messages went to the server in all, Expected how many
	// deliveries or answers these were to have, and Delivered how many they had.
	Sent      int `json:"sent,omitempty"`
	Expected  int `json:"expected,omitempty"`
	Delivered int `json:"delivered,omitempty"`
	// Lost, Doubled and Reordered are deliveries that never came, came again,
	// or came after a later one of the same sender.
	Lost      int `json:"lost"`
	Doubled   int `json:"doubled"`
	Reordered int `json:"reordered"`
	// Foreign is how many packets came that are none of the run's own, such as
	// other people's messages.
	Foreign int `json:"foreign"`

	// Latency is from sending to delivery, answer or connection.
	Latency *Latency `json:"latency,omitempty"`
	// Servers are the measured processes.
	Servers []Process `json:"servers,omitempty"`
	// GeneratorCPU is what this generator itself used, in seconds of CPU.
	GeneratorCPU float64 `json:"generator_cpu_seconds"`
	// RSSPerConnection is the servers' memory for an open connection, in bytes,
	// above what they had before the first.
	RSSPerConnection float64 `json:"rss_per_connection,omitempty"`
}

// Latency are quantiles in milliseconds, each exact to 1.6 %.
type Latency struct {
	P50 float64 `json:"p50_ms"`
	P90 float64 `json:"p90_ms"`
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
}

// Process is what a server's process used.
type Process struct {
	PID int `json:"pid"`
	// User and System are seconds of CPU in the measured time.
	User   float64 `json:"user_seconds"`
	System float64 `json:"system_seconds"`
	// RSSBefore, RSSPeak and RSSAfter are resident bytes: before the first
	// connection, at most, and at the end with all connections open.
	RSSBefore int64 `json:"rss_before"`
	RSSPeak   int64 `json:"rss_peak"`
	RSSAfter  int64 `json:"rss_after"`
}

// ServerCPU is the servers' CPU for one unit of work, in microseconds; 0 where
// nothing was measured.
func (r *Result) ServerCPU() (user, system float64) {
	if r.Count == 0 {
		return 0, 0
	}
	for _, p := range r.Servers {
		user += p.User
		system += p.System
	}
	return user / r.Count * 1e6, system / r.Count * 1e6
}

func (r *Result) setLatency(h *histogram) {
	if h.total == 0 {
		return
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	r.Latency = &Latency{ms(h.quantile(0.5)), ms(h.quantile(0.9)), ms(h.quantile(0.99)), ms(h.max)}
}
