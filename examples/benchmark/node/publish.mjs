// Broadcasts as fast as Redis takes it, by @socket.io/redis-adapter on ioredis and with so
// many under way at a time, and prints what that came to as nudge bench --json does.
// ../publish does the same in Go.
import { createAdapter } from "@socket.io/redis-adapter";
import { Redis } from "ioredis";
import { Server } from "socket.io";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    redis: { type: "string", default: "redis://127.0.0.1:6379" },
    "in-flight": { type: "string", default: "64" },
    size: { type: "string", default: "64" },
    warmup: { type: "string", default: "1s" },
    duration: { type: "string", default: "5s" },
  },
});
const inFlight = Number(values["in-flight"]);
const seconds = (text) => Number(text.replace(/s$/, ""));
const text = "x".repeat(Number(values.size));

const publisher = new Redis(values.redis);
const subscriber = new Redis(values.redis);
for (const client of [publisher, subscriber]) {
  client.on("error", (err) => {
    console.error("redis:", err.message);
    process.exit(1);
  });
}
// What the adapter publishes is waited for here, as it does not do so itself.
let underWay = [];
const publish = publisher.publish.bind(publisher);
publisher.publish = (...args) => {
  const done = publish(...args);
  underWay.push(done);
  return done;
};

const io = new Server({ adapter: createAdapter(publisher, subscriber) });
await publisher.ping();
await subscriber.ping();

async function volleys(within) {
  let sent = 0;
  for (const end = performance.now() + within * 1000; performance.now() < end; ) {
    for (let i = 0; i < inFlight; i++) io.emit("message", text);
    await Promise.all(underWay);
    sent += underWay.length;
    underWay = [];
  }
  return sent;
}

await volleys(seconds(values.warmup));
const before = process.cpuUsage();
const start = performance.now();
const count = await volleys(seconds(values.duration));
const { user, system } = process.cpuUsage(before);
const took = (performance.now() - start) / 1000;
console.log(JSON.stringify({ count, seconds: took, servers: [{ user_seconds: user / 1e6, system_seconds: system / 1e6 }] }));
publisher.disconnect();
subscriber.disconnect();
