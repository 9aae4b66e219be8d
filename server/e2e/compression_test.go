package e2e

import (
	"testing"
	"time"
)

// TestCompression has the real client offer permessage-deflate: it is taken
// where the server is told to, and then long messages come back in a fraction
// of their size.
func TestCompression(t *testing.T) {
	for name, tt := range map[string]struct {
		args       []string
		extensions string
	}{
		"on":  {[]string{"--compression"}, "permessage-deflate"},
		"off": {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := startNudge(t, "", tt.args...)
			var got struct {
				Extensions string
				Messages   []struct {
					Length, Read int
					Intact       bool
				}
			}
			drive(t, time.Minute, "compression.mjs", with{"url": s.url}, &got)
			if got.Extensions != tt.extensions {
				t.Errorf("agreed on %q, want %q", got.Extensions, tt.extensions)
			}
			if len(got.Messages) == 0 {
				t.Error("no message was sent")
			}
			for _, m := range got.Messages {
				if !m.Intact {
					t.Errorf("a message of %d bytes came back changed", m.Length)
				}
				small := m.Read < m.Length/10
				if want := tt.extensions != "" && m.Length > 1024; small != want {
					t.Errorf("a message of %d bytes came back in %d", m.Length, m.Read)
				}
			}
		})
	}
}
