package redistest

import (
	"os/exec"
	"runtime"
	"syscall"
)

// DieWithParent has the kernel kill the child when the thread that starts it
// ends, so that thread is held until release: a test that panics leaves no server
// behind. The child has a process group of its own: one that the shell which has begun the
// tests leaves behind, as it runs them in the background, has its stopped processes resumed
// by the kernel, and a server that hangs would go on.
func DieWithParent(cmd *exec.Cmd) (release func()) {
	runtime.LockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	return runtime.UnlockOSThread
}
