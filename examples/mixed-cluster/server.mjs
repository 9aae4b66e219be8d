// A chat node as a Node deployment has it: Socket.IO for the pages, one Redis
// channel between the nodes. It holds no state, so any number of these, and of
// Go nodes, may share the channel.
import { createServer } from "node:http";
import { Redis } from "ioredis";
import { Server } from "socket.io";

const CHANNEL = "MESSAGES";
const port = Number(process.env.PORT || 8000);
const redisURL = process.env.REDIS_URL ?? ""; // ioredis takes "" for localhost:6379

const publisher = new Redis(redisURL);
const subscriber = new Redis(redisURL);
for (const client of [publisher, subscriber]) {
  client.on("error", (err) => console.error("redis:", err.message));
}

const http = createServer();
const io = new Server(http, { cors: { origin: "*", allowedHeaders: ["*"] } });

io.on("connection", (socket) => {
  socket.on("event:message", async ({ message }) => {
    await publisher.publish(CHANNEL, JSON.stringify({ message }));
  });
});

// The sender gets its own message back on the channel like everyone else, so
// nothing is emitted when it is sent.
subscriber.on("message", (channel, message) => {
  if (channel === CHANNEL) io.emit("message", message);
});
await subscriber.subscribe(CHANNEL);

http.listen({ port, host: process.env.HOST || undefined }, () => {
  console.log(`listening on port ${http.address().port}`);
});

async function stop() {
  await io.close();
  publisher.disconnect();
  subscriber.disconnect();
}
process.once("SIGINT", stop);
process.once("SIGTERM", stop);
