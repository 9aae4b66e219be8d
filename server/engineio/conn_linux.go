package engineio

import (
	"syscall"
	"unsafe"
)

// canReadDescriptors tells whether connections are read and written by their
// descriptors here, without waiting.
const canReadDescriptors = true

// receiveFrom and sendTo spare what read and write do for files. They take the
// system calls that do not tell the scheduler: none of them waits, and telling
// it costs as much as the rest of the way to the kernel.

func receiveFrom(fd int, p []byte) (int, error) {
	return transfer(syscall.SYS_RECVFROM, fd, p, syscall.MSG_DONTWAIT)
}

func sendTo(fd int, p []byte) (int, error) {
	return transfer(syscall.SYS_SENDTO, fd, p, syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL)
}

func transfer(call uintptr, fd int, p []byte, flags uintptr) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		n, _, errno := syscall.RawSyscall6(call, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), flags, 0, 0)
		switch errno {
		case 0:
			return int(n), nil
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}
