// Package store keeps what outlives a connection, behind the interfaces that package
// chat declares: the messages of all rooms in one order, and who is where.
//
//   - [Memory] keeps it in this process, for a node that stands alone.
//   - [Redis] keeps it in Redis 6.2 or later, for all nodes that share it.
//
// In Redis every key begins with the channel in braces, so that all are in one slot.
// One script checks a message's key, adds the message to a log of all rooms and to
// its room's stream, and publishes it on the old channel for those who know no
// version 1: all of it or nothing. Every node reads the log, from where it was, and so
// delivers the same messages in the same order, whatever its connection went through;
// where the log no longer has its place, its clients are told to ask for the history.
// The log keeps a message for as long as its room does, and for a minute at least.
//
// What others publish on the channel (Node servers, clients of the old kind) is
// stored by one node, which holds a lease: the script refuses it from any other. Each
// node keeps what it has seen on the channel until it sees it in the log, so that the
// next one to hold the lease stores what the last one did not: each message that
// reached a node which lives on is stored once. Where a node has missed a part of the
// log, it stores none of those that may be in it: twice is worse than not at all, which
// happens where the keeper ended before it had stored them, and no other node knows. As ever, one that reached no node,
// since all were cut off from Redis, is lost, and so is what a node with more than
// 10,000 of them waiting has no room for.
package store
