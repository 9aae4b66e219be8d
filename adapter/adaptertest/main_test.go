package adaptertest

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"nudge/adapter/adaptertest/races"
	"nudge/adapter/adaptertest/redistest"
)

// endsLater are goroutines by which rueidis closes connections to former nodes of a Redis
// Cluster and looks for new ones: they sleep for up to 5 s, and end then.
var endsLater = []goleak.Option{
	goleak.IgnoreAnyFunction(redistest.ClusterLeavers),
	goleak.IgnoreAnyFunction(redistest.ClusterRefresh),
}

func TestMain(m *testing.M) {
	if err := races.Known(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if config := os.Getenv(processConfig); config != "" {
		beGoProcess(config)
	}
	atOnce()
	goleak.VerifyTestMain(m, endsLater...)
}

// atOnce has more tests run at a time than there are processors, where nothing is said:
// those that may mostly wait.
func atOnce() {
	flag.Parse()
	const name = "test.parallel"
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == name })
	if !said {
		_ = flag.Set(name, "8") // it is a number
	}
}
