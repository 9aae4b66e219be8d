//go:build unix

package redistest

import "strconv"

// Password gives a server a password, which it also uses as a replica.
func Password(password string) []string {
	return []string{"--requirepass", password, "--masterauth", password}
}

// Durable has a server answer a write only when it is on the disk, and hold
// what it held after [Server.Restart] and after [Server.Kill].
func Durable() []string {
	return []string{"--appendonly", "yes", "--appendfsync", "always"}
}

// MaxClients bounds the connections to a server.
func MaxClients(n int) []string {
	return []string{"--maxclients", strconv.Itoa(n)}
}

// PubSubBuffer has a server close a subscriber that leaves more than so many
// bytes unread, besides what its socket holds.
func PubSubBuffer(bytes int) []string {
	return []string{"--client-output-buffer-limit", "pubsub " + strconv.Itoa(bytes) + " 0 0"}
}
