// Package descriptors tells how many connections a process may hold open.
package descriptors

// Reserve is what is kept of a limit for all that is no client's connection:
// files, Redis, requests on their way to being answered.
func Reserve(limit int) int { return max(limit/16, min(32, limit/2)) }
