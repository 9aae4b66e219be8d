// Package store keeps what outlives a connection, behind the interfaces that package
// chat declares: the messages of all rooms in one order, and who is where.
//
//   - [Memory] keeps it in this process, for a node that stands alone.
package store
