//go:build unix

package engineio

import (
	"errors"
	"os"
	"syscall"
)

// errTimeout is what a write returns whose deadline passed.
var errTimeout = os.ErrDeadlineExceeded

func ignoringEINTR(fd uintptr, p []byte, call func(int, []byte) (int, error)) (int, error) {
	for {
		n, err := call(int(fd), p)
		if !errors.Is(err, syscall.EINTR) {
			return n, err
		}
	}
}
