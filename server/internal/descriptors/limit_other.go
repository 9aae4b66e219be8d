//go:build !unix

package descriptors

// Limit is the number of files this process may have open, 0 where there is no
// such limit.
func Limit() int { return 0 }
