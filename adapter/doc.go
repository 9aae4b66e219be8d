// Package adapter holds adapters for github.com/zishang520/socket.io/v2, and
// what ties its servers to Redis by github.com/redis/rueidis. It is usable with
// any server on that library.
//
//   - [Local] keeps the rooms of a server that stands alone.
//   - [Classic] joins servers by Redis as npm's @socket.io/redis-adapter does, with
//     servers of Node among them, and [Emitter] reaches their clients from elsewhere.
//   - [Bridge] joins a process to one Redis channel on which anyone may publish:
//     what arrives is handed to a function, once and in order.
//   - [Dial] connects to Redis by a URL in any of the forms that ioredis takes.
//
// An adapter is given to the library by ServerOptions.SetAdapter:
//
//	opts := socket.DefaultServerOptions()
//	opts.SetAdapter(adapter.Local())
//	io := socket.NewServer(nil, opts)
package adapter
