package adapter_test

import (
	"testing"

	"go.uber.org/goleak"
)

// rueidis sleeps up to a second between two looks at a cluster's nodes, in a
// goroutine that outlives its client by as much.
const clusterRefresh = "github.com/redis/rueidis.(*call).DelayDo.func1"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction(clusterRefresh)) }
