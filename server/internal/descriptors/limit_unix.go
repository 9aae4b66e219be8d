//go:build unix

package descriptors

import (
	"math"
	"syscall"
)

// Limit is the number of files this process may have open (RLIMIT_NOFILE, which
// Go raises to what it may be raised to), 0 where there is no such limit.
func Limit() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	cur := uint64(limit.Cur) //nolint:unconvert // it is signed on some systems
	if cur < math.MaxInt32 {
		return int(cur)
	}
	return 0
}
