//go:build !race

package e2e

// buildFlags build the nodes with the race detector where the tests have it.
var buildFlags []string
