//go:build !linux

package bench

import "errors"

// readProcess fails: only Linux has a /proc that tells.
func readProcess(int) (usage, error) {
	return usage{}, errors.Join(ErrNoProcess, errors.ErrUnsupported)
}
