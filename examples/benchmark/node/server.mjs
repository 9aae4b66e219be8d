// The Node server to compare with: Socket.IO on ws, with the chat's rule that
// a message goes to every client of every node. REDIS_URL joins nodes; without
// it the relay is a function call, so that fan-out alone is measured. With ADAPTER
// it is @socket.io/redis-adapter that joins them.
import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import { Redis } from "ioredis";
import { Server } from "socket.io";

const CHANNEL = "MESSAGES";
const redisURL = process.env.REDIS_URL;

const http = createServer();
const io = new Server(http, { cors: { origin: "*", allowedHeaders: ["*"] } });
const deliver = (payload) => io.emit("message", payload);
const connections = [];

async function redisRelay(url) {
  const publisher = new Redis(url);
  const subscriber = new Redis(url);
  connections.push(publisher, subscriber);
  for (const client of connections) client.on("error", (err) => console.error("redis:", err.message));
  if (process.env.ADAPTER) {
    io.adapter(createAdapter(publisher, subscriber));
    return deliver;
  }
  subscriber.on("message", (_channel, payload) => deliver(payload));
  await subscriber.subscribe(CHANNEL);
  return (payload) => publisher.publish(CHANNEL, payload);
}

const publish = redisURL ? await redisRelay(redisURL) : deliver;

io.on("connection", (socket) => {
  socket.on("event:message", ({ message }) => publish(JSON.stringify({ message })));
  socket.on("broadcast", (argument) => io.emit("message", argument));
  socket.on("echo", (argument, answer) => answer(argument));
});

http.listen({ port: Number(process.env.PORT || 8000), host: process.env.HOST || "127.0.0.1" }, () => {
  console.log(`listening on port ${http.address().port}`);
});

async function stop() {
  await io.close();
  for (const client of connections) client.disconnect();
}
process.once("SIGINT", stop);
process.once("SIGTERM", stop);
