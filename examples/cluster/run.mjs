// Two Go nodes and this process, a Node server with @socket.io/redis-adapter, are one
// cluster on one Redis: rooms, broadcasts and requests reach across. Exit code 0 only
// if they did.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createAdapter } from "@socket.io/redis-adapter";
import { Redis } from "ioredis";
import { Server } from "socket.io";
import { io as connectTo } from "socket.io-client";

const ROOT = path.resolve(import.meta.dirname, "../..");
const START_MS = 20_000;
const DELIVER_MS = 5_000;

const scratch = mkdtempSync(path.join(tmpdir(), "cluster-"));
const endings = [() => rmSync(scratch, { recursive: true, force: true })];

function start(command, ...args) {
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk) => (said += chunk));
  const done = once(child, "exit").then(([code]) => {
    if (code !== 0 && code !== null) throw new Error(`${command} ended with ${code}: ${said}`);
  });
  done.catch(() => {}); // told to who waits for it
  return { child, done };
}

function keep(command, ...args) {
  const { child, done } = start(command, ...args);
  endings.push(async () => {
    child.kill("SIGTERM");
    await done;
  });
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}

async function until(what, within, met) {
  for (const end = Date.now() + within; Date.now() < end; await sleep(20)) {
    if (await Promise.resolve().then(met).catch(() => false)) return;
  }
  throw new Error(`${what}: not within ${within} ms`);
}

async function startRedis() {
  const port = await freePort();
  keep("redis-server", "--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", scratch);
  return `redis://127.0.0.1:${port}`;
}

async function startGoNode(nudge, redisURL) {
  const port = await freePort();
  keep(nudge, "serve", "--host", "127.0.0.1", "--port", String(port), "--redis", redisURL);
  const url = `http://127.0.0.1:${port}`;
  await until("the Go node", START_MS, async () => (await fetch(`${url}/readyz`)).ok);
  return url;
}

async function startNodeServer(redisURL) {
  const clients = [new Redis(redisURL), new Redis(redisURL)];
  for (const client of clients) client.on("error", () => {}); // it tries again
  const http = createServer();
  const io = new Server(http, { adapter: createAdapter(...clients) });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  endings.push(async () => {
    await io.close();
    for (const client of clients) client.disconnect();
  });
  return { io, url: `http://127.0.0.1:${http.address().port}` };
}

async function connect(name, url) {
  const socket = connectTo(url, { transports: ["websocket"], reconnection: false });
  endings.push(() => socket.disconnect());
  const client = { name, socket, got: [] };
  socket.onAny((event, ...args) => client.got.push(JSON.stringify([event, ...args])));
  await once(socket, "connect");
  return client;
}

// reaches waits until those who are meant have got an event once, and the others not.
async function reaches(what, clients, meant, ...event) {
  const text = JSON.stringify(event);
  const times = ({ got }) => got.filter((each) => each === text).length;
  await until(what, DELIVER_MS, () => meant.every((client) => times(client) > 0));
  await sleep(100); // a copy too many would come about now
  for (const client of clients) {
    const want = meant.includes(client) ? 1 : 0;
    if (times(client) !== want) throw new Error(`${what}: ${client.name} got it ${times(client)} times, not ${want}`);
  }
  console.log(`${what}: ${meant.map(({ name }) => name).join(", ")}`);
}

async function demo() {
  let nudge = process.env.NUDGE_BIN;
  if (!nudge) {
    nudge = path.join(scratch, "nudge");
    await start("go", "build", "-C", ROOT, "-o", nudge, "./cmd/nudge").done;
  }
  const redisURL = await startRedis();
  const goURLs = await Promise.all([startGoNode(nudge, redisURL), startGoNode(nudge, redisURL)]);
  const { io, url } = await startNodeServer(redisURL);
  await until("a cluster of three", START_MS, async () => (await io.of("/").adapter.serverCount()) === 3);
  const clients = [
    await connect("one on Go", goURLs[0]),
    await connect("two on Go", goURLs[1]),
    await connect("three on Node", url),
  ];
  const [one, two] = clients;

  await until("three sockets", DELIVER_MS, async () => (await io.fetchSockets()).length === 3);
  console.log("fetchSockets on Node: 3 sockets on 3 nodes");

  // Node has sockets of the Go nodes join a room.
  io.in([one.socket.id, two.socket.id]).socketsJoin("lobby");
  await until("the room", DELIVER_MS, async () => (await io.in("lobby").fetchSockets()).length === 2);
  io.to("lobby").emit("welcome", "lobby");
  await reaches("Node emits to the room", clients, [one, two], "welcome", "lobby");

  await start(nudge, "emit", "--redis", redisURL, "--room", "lobby", "notice", '"closing soon"', "15").done;
  await reaches("nudge emit to the room", clients, [one, two], "notice", "closing soon", 15);

  await start(nudge, "emit", "--redis", redisURL, "news", '{"title":"Hello"}').done;
  await reaches("nudge emit to all", clients, clients, "news", { title: "Hello" });

  one.socket.once("disconnect", () => one.got.push("gone"));
  io.in(one.socket.id).disconnectSockets(true);
  await until("the end", DELIVER_MS, () => one.got.includes("gone"));
  console.log("disconnectSockets on Node: one on Go is gone");
}

let signalled;
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => (signalled = cleanUp().finally(() => process.exit(1))));

async function cleanUp() {
  for (const end of endings.splice(0).toReversed()) await Promise.resolve().then(end).catch(() => {});
}

try {
  await demo();
} catch (err) {
  console.error(err.message);
  process.exitCode = 1;
} finally {
  await (signalled ?? cleanUp());
}
