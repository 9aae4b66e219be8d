package settings

import (
	"slices"
	"testing"
)

func TestStrays(t *testing.T) {
	tests := []struct {
		name string
		env  Environment
		want []Stray
	}{
		{"none", Environment{Process: []string{"PORT=1", "HOME=/", "NUDGE_CHANNEL=x", "PROT=1"}, File: map[string]string{"NUDGE_MAX_PUBLISH": "1"}}, nil},
		{"typing error", Environment{Process: []string{"NUDGE_MAX_PUBLSH=1MB"}},
			[]Stray{{"NUDGE_MAX_PUBLSH", "environment variable NUDGE_MAX_PUBLSH", "NUDGE_MAX_PUBLISH"}}},
		{"the flag's name", Environment{Process: []string{"NUDGE_REDIS=redis://h", "NUDGE_PORT=1", "NUDGE_REDIS_URL=redis://h"}}, []Stray{
			{"NUDGE_PORT", "environment variable NUDGE_PORT", "PORT"},
			{"NUDGE_REDIS", "environment variable NUDGE_REDIS", "REDIS_URL"},
			{"NUDGE_REDIS_URL", "environment variable NUDGE_REDIS_URL", "REDIS_URL"}}},
		{"file", Environment{File: map[string]string{"NUDGE_CHANEL": "x"}},
			[]Stray{{"NUDGE_CHANEL", "NUDGE_CHANEL in .env", "NUDGE_CHANNEL"}}},
		{"nothing near", Environment{Process: []string{"NUDGE_COLOUR_SCHEME=dark"}},
			[]Stray{{"NUDGE_COLOUR_SCHEME", "environment variable NUDGE_COLOUR_SCHEME", ""}}},
		{"Kubernetes", Environment{Process: []string{"NUDGE_SERVICE_HOST=10.0.0.1", "NUDGE_SERVICE_PORT=8000", "NUDGE_PORT=tcp://10.0.0.1:8000",
			"NUDGE_PORT_8000_TCP=tcp://10.0.0.1:8000", "NUDGE_PORT_8000_TCP_ADDR=10.0.0.1"}}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			flags, _ := newFlags()
			if got := Strays(flags, tt.env); !slices.Equal(got, tt.want) {
				t.Errorf("Strays = %v\nwant %v", got, tt.want)
			}
		})
	}
}

func TestNearest(t *testing.T) {
	known := []string{"serve", "version", "healthcheck"}
	for name, want := range map[string]string{
		"serve": "serve", "sevre": "serve", "server": "serve", "vresion": "version",
		"health": "", "healtchek": "healthcheck", "": "", "run": "", "start": "",
	} {
		if got := Nearest(name, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"flaw", "lawn", 2}, {"port", "prot", 2}} {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
