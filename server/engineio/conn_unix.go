//go:build unix && !linux

package engineio

import (
	"errors"
	"syscall"
)

// canReadDescriptors tells whether connections are read and written by their
// descriptors here, without waiting.
const canReadDescriptors = true

func receiveFrom(fd int, p []byte) (int, error) { return again(syscall.Read, fd, p) }
func sendTo(fd int, p []byte) (int, error)      { return again(syscall.Write, fd, p) }

// again does what a signal interrupted.
func again(call func(int, []byte) (int, error), fd int, p []byte) (int, error) {
	for {
		n, err := call(fd, p)
		if !errors.Is(err, syscall.EINTR) {
			return n, err
		}
	}
}
