package adaptertest

import (
	"log/slog"
	"strings"
	"sync"
	"testing"
)

// news is what a log says of a connection: that it is lost, and that it is back.
type news struct{ lost, back string }

// With streams a node has both connections, and it may be that it loses one alone.
var (
	clusterNews = []news{
		{`msg="cut off from the cluster, trying on"`, `msg="joined the cluster by Redis"`},
		{`msg="cut off from the stream, trying on"`, `msg="reading the stream"`},
	}
	bridgeNews = []news{{`msg="not connected to Redis, trying on"`, `msg="connected to Redis"`}}
)

// nodeLogs are the logs of the two nodes of a trial.
type nodeLogs [2]logBuffer

// of is the logger of one node.
func (l *nodeLogs) of(who side) *slog.Logger { return slog.New(slog.NewTextHandler(&l[who], nil)) }

// showIfFailed shows both once the test has failed.
func (l *nodeLogs) showIfFailed(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		if t.Failed() {
			for _, who := range both {
				t.Logf("the log of %s:\n%s", who, &l[who])
			}
		}
	})
}

// tell holds the log of a node that was cut off, and is back, to say both: behind the
// last word of a loss there is one of being back.
func (l *nodeLogs) tell(t *testing.T, who side, all []news) {
	t.Helper()
	lost := false
	for _, n := range all {
		var since string
		eventuallyOr(t, func() bool {
			log := l[who].String()
			i := strings.LastIndex(log, n.lost)
			if i < 0 {
				return true
			}
			lost, since = true, log[i:]
			return strings.Contains(since, n.back)
		}, func() { t.Errorf("no %s behind this in the log of %s:\n%s", n.back, who, since) })
	}
	if !lost {
		t.Errorf("no word of being cut off in the log of %s", who)
	}
}

// logBuffer is what a node has logged.
type logBuffer struct {
	mu  sync.Mutex
	all []byte
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = append(b.all, p...)
	return len(p), nil
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.all)
}
