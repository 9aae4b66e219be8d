// Package redistest runs real redis-server processes for tests, on free ports
// of 127.0.0.1, stopped when the test ends: a single server ([Start]), with a
// password, a disk, TLS or small limits, a Redis Cluster of three masters with
// their replicas ([StartCluster]), and a master with a replica under three
// sentinels ([StartSentinel]).
//
// What must outlive a Redis is tested by what happens to them: a server can be
// stopped and started again on its port, killed, and frozen, its subscribers
// can be closed, masters fail over, slots move, and the network before it can
// become a black hole, and forget subscriptions ([Proxy]).
//
// It needs redis-server 7 on the PATH (the package redis-server of Debian and
// Ubuntu) and a Unix system; a test on a machine without it fails and says so.
package redistest
