//go:build !unix || freebsd || dragonfly

package bench

import "time"

// ownCPU is not asked for on this system.
func ownCPU() time.Duration { return 0 }

// raiseDescriptors leaves the limit as it is.
func raiseDescriptors(uint64) {}
