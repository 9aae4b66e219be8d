package redistest

import (
	"os/exec"
	"runtime"
	"syscall"
)

// DieWithParent has the kernel kill the child when the thread that starts it
// ends, so that thread is held until release: a test that panics leaves no server
// behind.
func DieWithParent(cmd *exec.Cmd) (release func()) {
	runtime.LockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return runtime.UnlockOSThread
}
