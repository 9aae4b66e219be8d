// Package usage is what programs that load themselves tell of their cost, in the words
// of nudge bench --json.
package usage

import (
	"log"
	"syscall"
	"time"
)

// Result is what was measured.
type Result struct {
	Count   int     `json:"count"`
	Seconds float64 `json:"seconds"`
	Lost    int     `json:"lost"`
	Servers []CPU   `json:"servers"`
}

// CPU is the processor time of a process.
type CPU struct {
	User   float64 `json:"user_seconds"`
	System float64 `json:"system_seconds"`
}

// Now is what this process has used so far, without its children.
func Now() CPU {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		log.Fatal(err) // a constant that every kernel knows
	}
	seconds := func(t syscall.Timeval) float64 { return time.Duration(t.Nano()).Seconds() }
	return CPU{seconds(u.Utime), seconds(u.Stime)}
}

// Since is what this process has used since an earlier time.
func Since(before CPU) CPU {
	now := Now()
	return CPU{now.User - before.User, now.System - before.System}
}
