// Package e2e drives nudge as the deployment does: built and started as a
// process, beside Node servers, on a real Redis, with the real socket.io-client.
package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"nudge/adapter/adaptertest/races"
)

// The Node programs: the drivers of the clients, and the server of the
// deployment that nudge joins.
const (
	driverDir = "node"
	peerDir   = "../../examples/mixed-cluster"
)

// nudgeBinary is the binary under test, built once for all tests.
var nudgeBinary string

func TestMain(m *testing.M) {
	if err := races.Known(); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
	dir, err := os.MkdirTemp("", "nudge-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
	code := 1
	if err := prepare(dir); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
	} else {
		code = m.Run()
	}
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
	}
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, "e2e:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// prepare builds the binary and sees that the Node packages are there.
func prepare(dir string) error {
	for _, packages := range []string{driverDir, peerDir} {
		if _, err := os.Stat(filepath.Join(packages, "node_modules", "socket.io-client")); err != nil {
			return fmt.Errorf("%w: run npm ci --ignore-scripts in server/e2e/%s", err, packages)
		}
	}
	nudgeBinary = filepath.Join(dir, "nudge")
	build := append([]string{"build"}, buildFlags...)
	if out, err := exec.Command("go", append(build, "-o", nudgeBinary, "nudge/cmd/nudge")...).CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}
