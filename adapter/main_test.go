package adapter_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"nudge/adapter/adaptertest/races"
)

// rueidis sleeps up to a second between two looks at a cluster's nodes, in a
// goroutine that outlives its client by as much.
const clusterRefresh = "github.com/redis/rueidis.(*call).DelayDo.func1"

// It also waits for five seconds before it closes its connections to nodes that have
// left the cluster.
const clusterLeavers = "github.com/redis/rueidis.(*clusterClient)._refresh.func2"

func TestMain(m *testing.M) {
	if err := races.Known(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction(clusterRefresh), goleak.IgnoreAnyFunction(clusterLeavers))
}
