// Package store keeps what outlives a connection: history and presence, on
// Redis streams or in memory, behind the interfaces that package chat declares.
//
// Nothing is kept yet: the chat relays messages and forgets them.
package store
