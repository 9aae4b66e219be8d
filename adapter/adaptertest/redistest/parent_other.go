//go:build unix && !linux

package redistest

import "os/exec"

// DieWithParent does nothing where the system has no such signal.
func DieWithParent(*exec.Cmd) (release func()) { return func() {} }
