package adaptertest

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

// TestMain has the race detector know the races of socket.io/v2 itself that nothing
// here can reach: its settings are read from the environment before main, so the
// tests begin anew with them.
func TestMain(m *testing.M) {
	const settings = "GORACE"
	if os.Getenv(settings) == "" {
		if err := beginAnew(settings); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	goleak.VerifyTestMain(m)
}

func beginAnew(settings string) error {
	known, err := filepath.Abs("testdata/races.txt")
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return syscall.Exec(self, os.Args, append(os.Environ(), settings+"=suppressions="+known))
}
