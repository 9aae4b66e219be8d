// Package races has the race detector know the data races of socket.io/v2 itself,
// which nothing outside of the library can mend: races.txt lists them, each with
// its reason.
package races

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// settings are the race detector's, which reads them before main begins.
const settings = "GORACE"

// Known is called first in TestMain of tests that come upon the listed races: it
// has the process begin anew with the list, where the race detector has no
// settings yet.
func Known() error {
	if os.Getenv(settings) != "" {
		return nil
	}
	_, here, _, ok := runtime.Caller(0)
	if !ok {
		return errors.New("the list of known races: where this package lies is not known")
	}
	list := filepath.Join(filepath.Dir(here), "races.txt")
	if _, err := os.Stat(list); err != nil {
		return fmt.Errorf("the list of known races: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("the test's own program: %w", err)
	}
	if err := syscall.Exec(self, os.Args, append(os.Environ(), settings+"=suppressions="+list)); err != nil {
		return fmt.Errorf("beginning anew with the known races: %w", err)
	}
	return nil
}
