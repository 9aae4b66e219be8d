package main

import "fmt"

// Names of the servers.
const (
	nudge     = "Nudge"
	node      = "Node"
	bare      = "bare write"
	batching  = "bare, batching"
	twoNodes  = "Nudge, two nodes"
	fromRedis = "Nudge, from Redis"
)

// work is a load that servers are compared under.
type work struct {
	name     string
	args     []string // of nudge bench, or of the program that loads itself
	joined   bool     // each server is two nodes that their adapters join
	alone    string   // the program that each server is, where it loads itself
	servers  []string // the first is the one that is judged
	measures []measure
}

// measure is one figure of a work.
type measure struct {
	name   string
	unit   string
	of     func(sample) float64
	most   float64 // the most it may be in itself; 0: no limit
	limits []limit
}

// limit is how many times another server's figure the judged one's may be.
type limit struct {
	times float64
	of    string
}

func cpu(r sample) float64       { return r.cpu(r.user() + r.system()) }
func userCPU(r sample) float64   { return r.cpu(r.user()) }
func p99(r sample) float64       { return r.Latency.P99 }
func memory(r sample) float64    { return r.RSSPerConnection / 1024 }
func perSecond(r sample) float64 { return r.Count / r.Seconds }

// adapterWorks are those of the adapter, beside @socket.io/redis-adapter.
func adapterWorks(warmup, seconds int) []work {
	fanout := func(args ...string) []string {
		return append(append([]string{"fanout", "--event", "broadcast", "--size", "64"}, args...),
			"--warmup", fmt.Sprintf("%ds", warmup), "--duration", fmt.Sprintf("%ds", seconds))
	}
	return []work{
		{
			name:    "adapter: publish a broadcast, 64 B, 64 in flight",
			args:    []string{"--size", "64", "--in-flight", "64", "--warmup", fmt.Sprintf("%ds", warmup), "--duration", fmt.Sprintf("%ds", seconds)},
			alone:   "publish",
			servers: []string{nudge, node},
			measures: []measure{
				{name: "CPU per broadcast", unit: "µs", of: cpu, limits: []limit{{0.50, node}}},
				{name: "broadcasts per second", of: perSecond},
			},
		},
		{
			name:    "adapter: a broadcast to 100 clients, 64 B, 100 a second",
			args:    []string{"--size", "64", "--members", "100", "--rate", "100", "--warmup", fmt.Sprintf("%ds", warmup), "--duration", fmt.Sprintf("%ds", seconds)},
			alone:   "members",
			servers: []string{fromRedis, nudge},
			measures: []measure{
				{name: "CPU per broadcast", unit: "µs", of: cpu, limits: []limit{{1.20, nudge}}},
			},
		},
		{
			name:    "adapter: two nodes, 200 clients, 4000 deliveries/s",
			args:    fanout("--clients", "200", "--rate", "4000"),
			joined:  true,
			servers: []string{nudge, node},
			measures: []measure{
				{name: "CPU per delivery", unit: "µs", of: cpu},
				{name: "p99 latency", unit: "ms", of: p99, limits: []limit{{1, node}}},
			},
		},
	}
}

// allWorks are the works of the table. Without full they are small and short.
func allWorks(full bool) []work {
	seconds, warmup, hold, idle := 3, 2, 1, []int{1000}
	if full {
		seconds, warmup, hold, idle = 10, 3, 60, []int{5000, 10_000}
	}
	timed := func(args ...string) []string {
		return append(args, "--warmup", fmt.Sprintf("%ds", warmup), "--duration", fmt.Sprintf("%ds", seconds))
	}
	works := []work{
		{
			name:    "fan-out, 1000 clients, 64 B, 8000 deliveries/s",
			args:    timed("fanout", "--clients", "1000", "--size", "64", "--rate", "8000"),
			servers: []string{nudge, node, bare},
			measures: []measure{
				{name: "CPU per delivery", unit: "µs", of: cpu, limits: []limit{{1.10, bare}, {0.65, node}}},
				{name: "user CPU per delivery", unit: "µs", of: userCPU, limits: []limit{{0.25, node}}},
				{name: "p99 latency", unit: "ms", of: p99, limits: []limit{{1, node}}},
			},
		},
		{
			name:    "saturated, 1000 clients, 64 B, 16 in flight",
			args:    timed("fanout", "--clients", "1000", "--size", "64", "--in-flight", "16"),
			servers: []string{nudge, node, bare, batching},
			measures: []measure{
				{name: "CPU per delivery", unit: "µs", of: cpu, limits: []limit{{0.15, node}, {1.2, batching}}},
				{name: "deliveries per second", of: perSecond},
				{name: "p99 latency", unit: "ms", of: p99},
			},
		},
	}
	for _, clients := range idle {
		measures := []measure{{name: "RSS per connection", unit: "KiB", of: memory, most: 11}}
		if full { // else no ping falls into the time
			measures = append(measures, measure{name: "CPU per connection and minute", unit: "µs", of: cpu, limits: []limit{{0.30, node}}})
		}
		works = append(works, work{
			name:     fmt.Sprintf("idle, %d connections", clients),
			args:     []string{"idle", "--clients", fmt.Sprint(clients), "--settle", "5s", "--hold", fmt.Sprintf("%ds", hold)},
			servers:  []string{nudge, node},
			measures: measures,
		})
	}
	works = append(works, work{
		name:     "handshake, websocket",
		args:     timed("connect", "--transport", "websocket", "--concurrency", "16"),
		servers:  []string{nudge, node, bare},
		measures: []measure{{name: "CPU per handshake", unit: "µs", of: cpu, limits: []limit{{0.40, node}}}},
	}, work{
		name:     "handshake, polling then upgrade",
		args:     timed("connect", "--transport", "upgrade", "--concurrency", "16"),
		servers:  []string{nudge, node},
		measures: []measure{{name: "CPU per handshake", unit: "µs", of: cpu, limits: []limit{{0.45, node}}}},
	}, work{
		name:     "event with ack, 100 clients",
		args:     timed("echo", "--clients", "100", "--event", "echo"),
		servers:  []string{nudge, node, bare},
		measures: []measure{{name: "CPU per round trip", unit: "µs", of: cpu, limits: []limit{{0.80, node}}}},
	})
	works = append(works, adapterWorks(warmup, seconds)...)
	if full {
		works = append(works, work{
			name:     "two nodes on one Redis, 5000 clients, 8000 deliveries/s",
			args:     timed("fanout", "--clients", "5000", "--size", "64", "--rate", "8000"),
			servers:  []string{twoNodes, nudge, node},
			measures: []measure{{name: "CPU per delivery", unit: "µs", of: cpu, limits: []limit{{1.10, nudge}}}},
		})
	}
	return works
}
