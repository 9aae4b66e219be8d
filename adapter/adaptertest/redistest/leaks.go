package redistest

// Functions of rueidis whose goroutines outlive a client of a Redis Cluster for a moment,
// for goleak.IgnoreAnyFunction.
const (
	// ClusterRefresh sleeps up to a second between two looks at the cluster's nodes.
	ClusterRefresh = "github.com/redis/rueidis.(*call).DelayDo.func1"
	// ClusterLeavers waits for five seconds before it closes the connections to nodes that
	// have left the cluster.
	ClusterLeavers = "github.com/redis/rueidis.(*clusterClient)._refresh.func2"
)
