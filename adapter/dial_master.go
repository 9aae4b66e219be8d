package adapter

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/rueidis"
)

// masterLook is how often it is looked whether sentinels have named another master.
const masterLook = 100 * time.Millisecond

// masterOf is the address of the master that sentinels have led a client to, empty where
// there are no sentinels.
func masterOf(client rueidis.Client) string {
	if client.Mode() != rueidis.ClientModeSentinel {
		return ""
	}
	for addr := range client.Nodes() {
		return addr
	}
	return ""
}

// keepToMaster returns an error once sentinels have named a master other than before. The
// client follows them with new connections, but leaves those that are dedicated where
// they are: the former master, if it lives, answers there for seconds until the
// sentinels have it follow the new one, which then undoes all that it has taken.
func keepToMaster(ctx context.Context, client rueidis.Client, before string) error {
	if before == "" {
		return nil
	}
	return every(ctx, masterLook, func() error {
		if now := masterOf(client); now != before {
			return fmt.Errorf("the sentinels have made %s the master in place of %s", now, before)
		}
		return nil
	})
}
