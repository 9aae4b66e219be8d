package adaptertest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// processConfig is the name in the environment of what a process of a goServer is to
// be. Its value is a goProcessConfig.
const processConfig = "ADAPTERTEST_PROCESS"

type goProcessConfig struct {
	Kind     string // of kinds, by name
	Recovery bool
	URL, Key string
}

// goProcess is a goServer in a process of its own, which can hang and be killed.
type goProcess struct {
	*child
	address string
}

func startGoProcess(t testing.TB, k kind, url, key string) *goProcess {
	t.Helper()
	config := text(goProcessConfig{Kind: k.name, Recovery: k.recovery, URL: url, Key: key})
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 1)
	read := func(out io.Reader) {
		first := bufio.NewReader(out)
		line, _ := first.ReadString('\n')
		lines <- strings.TrimSpace(line)
		_, _ = io.Copy(io.Discard, first)
	}
	p := &goProcess{child: startChild(t, "", []string{processConfig + "=" + config}, read, self)}
	select {
	case p.address = <-lines:
	case <-time.After(callWithin):
	}
	if !strings.HasPrefix(p.address, "http://") {
		t.Fatalf("a process of Go says %q in place of its address", p.address)
	}
	return p
}

func (p *goProcess) url() string { return p.address }

// beGoProcess is main for the process of a goServer: it prints its address, and ends
// with its input.
func beGoProcess(config string) {
	serve := func(t *testing.T) {
		var cfg goProcessConfig
		if err := json.Unmarshal([]byte(config), &cfg); err != nil {
			t.Fatal(err)
		}
		for _, k := range kinds {
			if k.name == cfg.Kind {
				k.recovery = cfg.Recovery
				fmt.Println(startGoServer(t, k, cfg.URL, cfg.Key).url())
				_, _ = io.Copy(io.Discard, os.Stdin)
				return
			}
		}
		t.Fatalf("there is no kind %q", cfg.Kind)
	}
	all := func(string, string) (bool, error) { return true, nil }
	testing.Main(all, []testing.InternalTest{{Name: "process", F: serve}}, nil, nil)
}
