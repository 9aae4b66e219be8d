package bench

import (
	"cmp"
	"io"
	"runtime"
	"time"
)

// DefaultTimeout is Config's default.
const DefaultTimeout = 10 * time.Second

// Config is what every kind of load has in common. The zero value has no
// server to load; all else has a default.
type Config struct {
	// URLs are the servers, such as http://127.0.0.1:8000; clients are spread
	// over them in turn. The path is /socket.io/ where a URL has none.
	URLs []string
	// Remote allows servers that are not on this machine.
	Remote bool
	// PIDs are the servers' processes, whose CPU and memory are measured.
	PIDs []int
	// Clients is how many connections are held. Default 100.
	Clients int
	// Concurrency is how many handshakes are under way at a time. Default 64.
	Concurrency int
	// Timeout bounds each handshake, and how long the end waits for what has
	// not arrived yet. Default 10 s.
	Timeout time.Duration
	// Loops is how many goroutines read the connections. Default: one for every
	// two processors, at most 4.
	Loops int
	// goroutines reads each connection by a goroutine of its own, as where there
	// is no epoll.
	goroutines bool
	// Progress, if not nil, is a terminal that shows how far the run is.
	Progress io.Writer
}

func (cfg Config) withDefaults() Config {
	cfg.Clients = cmp.Or(cfg.Clients, 100)
	cfg.Concurrency = cmp.Or(cfg.Concurrency, 64)
	cfg.Timeout = cmp.Or(cfg.Timeout, DefaultTimeout)
	cfg.Loops = cmp.Or(cfg.Loops, min(4, max(1, runtime.GOMAXPROCS(0)/2)))
	return cfg
}
