//go:build unix

package engineio

import (
	"errors"
	"syscall"
)

// canReadDescriptors tells whether connections are read and written by their
// descriptors here, without waiting.
const canReadDescriptors = true

func readDescriptor(fd uintptr, p []byte) (int, error) {
	for {
		n, err := syscall.Read(int(fd), p)
		if !errors.Is(err, syscall.EINTR) {
			return n, err
		}
	}
}

func writeDescriptor(fd uintptr, p []byte) (int, error) {
	for {
		n, err := syscall.Write(int(fd), p)
		if !errors.Is(err, syscall.EINTR) {
			return n, err
		}
	}
}
