// Starts a Redis, a Node server and a Go node, connects one client to each
// server, and shows that what either says reaches both. Exit code 0 only if it did.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { io } from "socket.io-client";

const HERE = import.meta.dirname;
const ROOT = path.resolve(HERE, "../..");
const START_MS = 20_000;
const DELIVER_MS = 5_000;

const scratch = mkdtempSync(path.join(tmpdir(), "mixed-cluster-"));
const processes = [];
const clients = [];

function start(name, command, args, env = {}) {
  const child = spawn(command, args, {
    cwd: HERE,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const started = { name, child, ended: undefined, output: () => output };
  started.done = new Promise((resolve) => {
    child.once("error", (err) => resolve((started.ended = err.message)));
    child.once("exit", (code, signal) => resolve((started.ended = `exit ${code ?? signal}`)));
  });
  processes.push(started);
  return started;
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

// until polls, because each server says that it is ready in its own way.
async function until(started, isReady) {
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline) {
    if (started.ended !== undefined) break;
    if (await isReady().catch(() => false)) return;
    await sleep(50);
  }
  throw new Error(`${started.name} did not start (${started.ended ?? "too slow"}):\n${started.output()}`);
}

async function startRedis() {
  const port = await freePort();
  const server = start("redis-server", "redis-server", [
    "--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", scratch,
  ]);
  await until(server, async () => {
    const probe = new Redis(port, { lazyConnect: true, retryStrategy: null });
    probe.on("error", () => {});
    try {
      await probe.connect();
      return (await probe.ping()) === "PONG";
    } finally {
      probe.disconnect();
    }
  });
  return `redis://127.0.0.1:${port}`;
}

async function startNodeServer(redisURL) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = start("Node server", process.execPath, ["server.mjs"], {
    PORT: String(port), HOST: "127.0.0.1", REDIS_URL: redisURL,
  });
  await until(server, async () => (await fetch(`${url}/socket.io/?EIO=4&transport=polling`)).ok);
  return url;
}

async function buildNudge() {
  if (process.env.NUDGE_BIN) return path.resolve(process.env.NUDGE_BIN);
  const binary = path.join(scratch, "nudge");
  // Built, not `go run`: that one does not pass a signal on to what it runs.
  const build = start("go build", "go", ["build", "-C", ROOT, "-o", binary, "./cmd/nudge"]);
  if ((await build.done) !== "exit 0") throw new Error(`go build failed:\n${build.output()}`);
  return binary;
}

async function startGoNode(redisURL) {
  const binary = await buildNudge();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const node = start("Go node", binary, ["serve", "--host", "127.0.0.1", "--port", String(port)], {
    REDIS_URL: redisURL,
  });
  await until(node, async () => (await fetch(`${url}/readyz`)).ok);
  return url;
}

async function connect(name, url) {
  const socket = io(url, { reconnection: false });
  const client = { name, socket, received: [] };
  clients.push(client);
  socket.on("message", (argument) => client.received.push(JSON.parse(argument).message));
  const [event] = await Promise.race([
    once(socket, "connect").then(() => ["connect"]),
    once(socket, "connect_error"),
  ]);
  if (event instanceof Error) throw new Error(`${name} could not connect to ${url}: ${event.message}`);
  return client;
}

async function say(from, message) {
  from.socket.emit("event:message", { message });
  const deadline = Date.now() + DELIVER_MS;
  while (Date.now() < deadline && clients.some((client) => !client.received.includes(message))) {
    await sleep(10);
  }
  await sleep(100); // a copy too many would come about now
  for (const { name, received } of clients) {
    const copies = received.filter((each) => each === message).length;
    if (copies !== 1) throw new Error(`${name} received ${JSON.stringify(message)} ${copies} times, not once`);
  }
  console.log(`${from.name} says ${JSON.stringify(message)}: received once by ${clients.map((c) => c.name).join(" and ")}`);
}

async function cleanUp() {
  for (const { socket } of clients) socket.disconnect();
  for (const { child, ended } of processes.toReversed()) if (ended === undefined) child.kill("SIGTERM");
  const ends = Promise.all(processes.map(({ done }) => done));
  if (await Promise.race([ends.then(() => false), sleep(10_000, true, { ref: false })])) {
    for (const { child, ended } of processes) if (ended === undefined) child.kill("SIGKILL");
    await ends;
  }
  rmSync(scratch, { recursive: true, force: true });
}

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => cleanUp().finally(() => process.exit(1)));
}

try {
  const redisURL = await startRedis();
  const [nodeURL, goURL] = await Promise.all([startNodeServer(redisURL), startGoNode(redisURL)]);
  const node = await connect("Node's client", nodeURL);
  const go = await connect("Go's client", goURL);
  await say(node, "hello from the Node side");
  await say(go, "hello from the Go side");
  console.log("both ways: ok");
} catch (err) {
  console.error(err.message);
  process.exitCode = 1;
} finally {
  await cleanUp();
}
