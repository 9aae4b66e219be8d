// A process that does as it is told: one command a line on its input, one answer a
// line on its output. A command is the body of an async function, which has the
// arguments that came with it and `on`: whatever it has left there for the next.
// It ends with its input.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { createAdapter, createShardedAdapter } from "@socket.io/redis-adapter";
import { Emitter } from "@socket.io/redis-emitter";
import { createAdapter as createStreamsAdapter } from "@socket.io/redis-streams-adapter";
import { Cluster, Redis } from "ioredis";
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

// Binary data stands as {"$bin": hex}, undefined as {"$undefined": true}.
function reveal(value) {
  if (value === undefined) return { $undefined: true };
  if (Buffer.isBuffer(value) || value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
    return { $bin: Buffer.from(value).toString("hex") };
  }
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(reveal);
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, reveal(v)]));
  }
  return value;
}

function conceal(value) {
  if (Array.isArray(value)) return value.map(conceal);
  if (value !== null && typeof value === "object") {
    if (typeof value.$bin === "string") return Buffer.from(value.$bin, "hex");
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, conceal(v)]));
  }
  return value;
}

const on = {
  // serve starts a server that listens, with an adapter of the kind.
  // nodes, a list of { host, port }, are those of a Redis Cluster.
  async serve({ kind, url, nodes, key, options }) {
    options ??= {};
    const redis = () => (nodes ? new Cluster(nodes, { shardedSubscribers: true }) : new Redis(url));
    const pub = redis();
    const sub = redis();
    for (const client of [pub, sub]) client.on("error", () => {});
    await Promise.all([pub.ping(), sub.ping()]);
    const adapters = {
      classic: () => createAdapter(pub, sub, { key, requestsTimeout: 2000, ...options }),
      sharded: () => createShardedAdapter(pub, sub, { channelPrefix: key, ...options }),
      streams: () => createStreamsAdapter(pub, { streamName: key, channelPrefix: key, ...options }),
    };
    const http = createServer();
    on.io = new Server(http, { adapter: adapters[kind](), ...(options.server ?? {}) });
    on.heard = [];
    on.watch = (nsp) => {
      for (const event of ["plain", "hello"]) {
        on.io.of(nsp).on(event, (...args) => on.heard.push([nsp, event, ...args]));
      }
      on.io.of(nsp).on("ask", (...args) => args.pop()({ from: "node", got: args }));
      on.io.of(nsp).on("silent", () => {});
      on.io.of(nsp).on("connection", (socket) => {
        socket.data = { kind: "node" };
        socket.on("join", (room, done) => {
          socket.join(room);
          done();
        });
      });
    };
    on.watch("/");
    on.watch("/chat");
    await new Promise((listening) => http.listen(0, "127.0.0.1", listening));
    return http.address().port;
  },

  // client connects, and returns the socket's id.
  async client({ name, url, options = {} }) {
    const socket = connect(url, { forceNew: true, reconnection: false, transports: ["websocket"], ...options });
    on.clients[name] = { socket, got: [], closed: null };
    socket.onAny((...args) => {
      const answer = typeof args.at(-1) === "function" ? args.pop() : null;
      on.clients[name].got.push(args);
      if (answer && args[0] !== "mute") answer(...(args[0] === "bare" ? [] : args.slice(1)));
    });
    socket.on("disconnect", (reason) => (on.clients[name].closed = reason));
    await new Promise((connected, failed) => {
      socket.on("connect", connected);
      socket.on("connect_error", failed);
    });
    return socket.id;
  },
  clients: {},

  operator({ nsp = "/", rooms = [], except = [], flags = {} }) {
    let target = on.io.of(nsp);
    for (const room of rooms) target = target.to(room);
    for (const room of except) target = target.except(room);
    if (flags.local) target = target.local;
    if (flags.volatile) target = target.volatile;
    if (flags.timeout) target = target.timeout(flags.timeout);
    return target;
  },

  emitter({ url, key }) {
    on.redis = new Redis(url);
    on.out = new Emitter(on.redis, { key });
  },
};

const AsyncFunction = (async () => {}).constructor;
const say = (answer) => process.stdout.write(JSON.stringify(answer) + "\n");

createInterface({ input: process.stdin })
  .on("line", async (line) => {
    const { id, code, args } = JSON.parse(line);
    try {
      const names = Object.keys(args ?? {});
      const value = await new AsyncFunction("on", ...names, code)(on, ...names.map((name) => conceal(args[name])));
      say({ id, value: reveal(value) });
    } catch (error) {
      say({ id, error: String(error?.stack ?? error) });
    }
  })
  .on("close", () => process.exit(0));
