// Package adapter holds adapters for github.com/zishang520/socket.io/v2, and
// what ties its servers to Redis by github.com/redis/rueidis. It is usable with
// any server on that library.
//
//   - [Local] keeps the rooms of a server that stands alone.
//   - [Classic] joins servers by Redis as npm's @socket.io/redis-adapter does, with
//     servers of Node among them, and [Emitter] reaches their clients from elsewhere.
//   - [Sharded] does as that package's createShardedAdapter, on the sharded pub/sub of
//     Redis 7: in a Redis Cluster each channel is one master's.
//   - [Streams] does as @socket.io/redis-streams-adapter, and keeps what it carries.
//   - [Bridge] joins a process to one Redis channel on which anyone may publish:
//     what arrives is handed to a function, once and in order.
//   - [Dial] connects to Redis by a URL in any of the forms that ioredis takes.
//
// What a broadcast is sure of on its way to the sockets of other nodes; those of its
// own node get it in any case:
//
//	kind     delivery       order            lost, and counted
//	Local    exactly once   of the process   nothing; there are no other nodes
//	Classic  at most once   of each node     while a node is cut off; past ClusterConfig.QueueWait
//	Sharded  at most once   of each channel  as Classic; a slot that moves cuts off, too
//	Streams  exactly once   of the stream    by a failover, what the new master had not got or was on its way; past MaxLen
//	Bridge   at most once   of the channel   as Classic, past BridgeConfig.QueueWait; each is told to who published it
//
// A Redis that is away for both sides, by a restart, a crash, a hang or the failover of
// a master that died, costs Classic and Sharded what was on its way at that moment: the
// rest waits for it, and for the other nodes to be back, up to 2 s. It is there again in
// about 0.1 s after Redis is; that it hangs is known after 4 s. A node that alone is cut off, as by a
// network or as it reads too slowly, misses what others emit until it is back: the
// Lost of its [ClusterState] says that there was such a time, not how much.
//
// In a Redis Cluster Sharded waits with what it emits to a slot that has moved, by a
// failover or by hand, until as many are subscribed there as got the slot's last message,
// up to 2 s. Nodes of Node do not wait: what they emit before others have followed is
// lost, and Moved counts that.
//
// What a master of a Redis Cluster has handed out in the moment before it hangs may come
// again when it goes on, and what was on its way to it late: it had not sent that to the
// other nodes yet, to which its subscribers have gone meanwhile. Not so with Streams.
//
// A master of a Redis Cluster that is away, or hangs, costs Sharded the rooms whose
// channels it has, and no others. Classic, and what Streams asks, goes by any node.
//
// By Sentinel, a failover of a master that lives loses of a stream what is added until the
// sentinels tell of the new master, about a second: LostEntries of ClusterState counts it.
//
// What is asked of all nodes, as by fetchSockets, comes with an [IncompleteError] where
// not all have answered. One that was there in the last two seconds and is not counted now
// is among those: it may be on its way back to Redis. So it is for two seconds after a
// node has ended without a goodbye; those of Node say none. An emit with
// acknowledgements waits for it until its time is over, and then says so.
//
// Choose Classic where servers of Node have it, or where a message may be missed
// while Redis is away; Sharded for a Redis Cluster whose one node is not enough; Streams where
// clients must get everything, for the price of a disk that Redis waits for
// (appendfsync always).
//
// An adapter is given to the library by ServerOptions.SetAdapter:
//
//	opts := socket.DefaultServerOptions()
//	opts.SetAdapter(adapter.Local())
//	io := socket.NewServer(nil, opts)
package adapter
