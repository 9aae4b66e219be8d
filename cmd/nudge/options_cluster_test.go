package main

import (
	"testing"

	"github.com/spf13/pflag"

	"nudge/server"
)

// TestOptionsOfAnotherAdapter: what an adapter does not have is refused, and not passed
// over.
func TestOptionsOfAnotherAdapter(t *testing.T) {
	of := map[string]string{
		"--sharded-mode=static": server.AdapterSharded,
		"--stream-count=2":      server.AdapterStreams,
		"--stream-max-len=5":    server.AdapterStreams,
		"--recovery=2m":         server.AdapterStreams,
	}
	for option, wanted := range of {
		for _, adapter := range server.Adapters() {
			if adapter == wanted {
				continue
			}
			t.Run(option+" "+adapter, func(t *testing.T) {
				runHere(t, nil, "", "serve", "--redis=redis://127.0.0.1:1", "--adapter="+adapter, option).
					wantUsageError(t, "nudge: invalid --", "(command line): only --adapter "+wanted+" has it")
			})
		}
	}
	runHere(t, []string{"NUDGE_RECOVERY=2m"}, "", "serve").
		wantUsageError(t, `invalid --recovery "2m0s" (environment variable NUDGE_RECOVERY): only --adapter streams has it`)
}

// TestOptionsOfTheAdapter: what it has passes, and 0 is no recovery with any.
func TestOptionsOfTheAdapter(t *testing.T) {
	for _, args := range [][]string{
		{"--adapter=sharded", "--sharded-mode=static"},
		{"--adapter=streams", "--stream-count=2", "--stream-max-len=5", "--recovery=2m"},
		{"--adapter=none", "--recovery=0"},
	} {
		opts, flags := defaultOptions(), pflag.NewFlagSet("", pflag.ContinueOnError)
		opts.bind(flags)
		if err := flags.Parse(args); err != nil {
			t.Fatal(err)
		}
		if err := opts.checkCluster(flags); err != nil {
			t.Errorf("%q: %v", args, err)
		}
	}
}
