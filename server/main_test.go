package server

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"nudge/adapter/adaptertest/races"
	"nudge/adapter/adaptertest/redistest"
)

func TestMain(m *testing.M) {
	if err := races.Known(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction(redistest.ClusterRefresh))
}
