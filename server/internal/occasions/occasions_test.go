package occasions

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestLoggedNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		c := New(slog.New(slog.NewTextHandler(&log, nil)), "things")
		for range 10 {
			c.Add("what", "x")
		}
		time.Sleep(every)
		for range 10 {
			c.Add("what", "y")
		}
		if c.Count() != 20 {
			t.Errorf("%d occasions, want 20", c.Count())
		}
		got := log.String()
		if strings.Count(got, "\n") != 2 || !strings.Contains(got, "what=x limit=things times=1\n") ||
			!strings.Contains(got, "what=y limit=things times=11\n") {
			t.Errorf("the log is %s", got)
		}
	})
}
