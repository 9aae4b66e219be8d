// Package redistest runs real redis-server processes for tests: on a free
// port of 127.0.0.1, without persistence, stopped when the test ends. A server
// can be stopped and started again on its port, killed, and frozen, which is
// what the tests of everything that must outlive a Redis need.
//
// It needs redis-server and redis-cli on the PATH (both are in the package
// redis-server of Debian and Ubuntu) and a Unix system; a test on a machine
// without them fails and says so.
package redistest
