package main

import (
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"nudge/adapter"
	"nudge/cmd/nudge/internal/settings"
	"nudge/server"
)

// clusterOptions are those that one kind of adapter has, and the others do not.
type clusterOptions struct {
	shardedMode  string
	streamCount  int
	streamMaxLen int
	recovery     time.Duration
	maxPayload   int
}

// defaultCluster returns the defaults of server.Config.
func defaultCluster() clusterOptions {
	return clusterOptions{
		shardedMode:  string(adapter.SubscribeDynamic),
		streamCount:  1,
		streamMaxLen: 10_000,
		maxPayload:   16 << 20,
	}
}

// shardedModes are the values of --sharded-mode.
func shardedModes() []string {
	return []string{string(adapter.SubscribeStatic), string(adapter.SubscribeDynamic), string(adapter.SubscribeDynamicPrivate)}
}

func (o *clusterOptions) bind(flags *pflag.FlagSet) {
	settings.Bind(flags, settings.OneOf(&o.shardedMode, "mode", shardedModes()...), "sharded-mode", "NUDGE_SHARDED_MODE",
		"what has a channel of its own with --adapter sharded, on all nodes: static, dynamic (rooms) or dynamic-private (sockets, too)")
	settings.Bind(flags, settings.CountUpTo(&o.streamCount, adapter.MaxStreams), "stream-count", "NUDGE_STREAM_COUNT",
		"streams that --adapter streams spreads the namespaces over, on all nodes")
	settings.Bind(flags, settings.Count(&o.streamMaxLen), "stream-max-len", "NUDGE_STREAM_MAX_LEN",
		"about how many entries each of them keeps")
	settings.Bind(flags, settings.Size(&o.maxPayload), "adapter-max-payload", "NUDGE_ADAPTER_MAX_PAYLOAD",
		"size of one message of the adapter to other nodes or from them, such as all sockets of a node")
	settings.Bind(flags, settings.DurationOrNone(&o.recovery), "recovery", "NUDGE_RECOVERY",
		"with --adapter streams, how long a client that was cut off may take to come back, to any node, and get what it missed; 0: not at all")
}

// checkCluster refuses options that the adapter does not have.
func (o *options) checkCluster(flags *pflag.FlagSet) error {
	for _, of := range []struct{ flag, adapter string }{
		{"sharded-mode", server.AdapterSharded},
		{"stream-count", server.AdapterStreams},
		{"stream-max-len", server.AdapterStreams},
		{"recovery", server.AdapterStreams},
	} {
		flag := flags.Lookup(of.flag)
		source := settings.SourceOf(flag)
		if source == "" || o.adapter == of.adapter || of.flag == "recovery" && o.cluster.recovery == 0 {
			continue
		}
		return settings.NewError(flag, flag.Value.String(), source, fmt.Errorf("only --adapter %s has it", of.adapter))
	}
	return nil
}
