// Many clients at once: each sender sends a numbered series, and every client
// must receive every number of every sender once and in order. Takes one JSON
// argument {urls, clients, senders, messages, timeout} and prints one JSON line
// {deliveries, violations, missing, connectMs, deliverMs, transports}.
import { io } from "socket.io-client";

const VIOLATIONS_SHOWN = 20;
const KINDS = [["polling"], ["websocket"], ["polling", "websocket"]];
const { urls, clients: count, senders, messages, timeout } = JSON.parse(process.argv[2]);
const each = messages / senders;

const violations = [];
let violationCount = 0;
let deliveries = 0;
let finished = 0;
let done;
const allDone = new Promise((resolve) => (done = resolve));

function violate(text) {
  violationCount++;
  if (violations.length < VIOLATIONS_SHOWN) violations.push(text);
}

function open(index) {
  const socket = io(urls[index % urls.length], {
    transports: KINDS[Math.floor(index / urls.length) % KINDS.length],
    forceNew: true,
    reconnection: false,
  });
  const client = { index, socket, next: new Uint32Array(senders), ends: 0, received: 0 };
  socket.on("disconnect", (reason) => {
    if (!closing) violate(`client ${index} was disconnected: ${reason}`);
  });
  socket.on("message", (argument) => {
    const { message } = JSON.parse(argument);
    if (message === "end") {
      if (++client.ends === urls.length && ++finished === count) done();
      return;
    }
    const [sender, number] = message;
    deliveries++;
    client.received++;
    if (client.next[sender] !== number) {
      violate(`client ${index} got ${number} of sender ${sender}, expected ${client.next[sender]}`);
    }
    client.next[sender] = number + 1;
  });
  return new Promise((resolve, reject) => {
    socket.once("connect", () => resolve(client));
    socket.once("connect_error", (err) => reject(new Error(`client ${index}: ${err.message}`)));
  });
}

let closing = false;
const connectStart = performance.now();
const crowd = await Promise.all(Array.from({ length: count }, (_, index) => open(index)));
const connectMs = Math.round(performance.now() - connectStart);

const transports = {};
for (const { socket } of crowd) {
  const { name } = socket.io.engine.transport;
  transports[name] = (transports[name] ?? 0) + 1;
}

// The senders are spread over the crowd, so over the nodes and the transports.
const deliverStart = performance.now();
const stride = Math.max(1, Math.floor(count / senders));
const acks = [];
for (let number = 0; number < each; number++) {
  for (let sender = 0; sender < senders; sender++) {
    const { socket } = crowd[(sender * (stride + 1)) % count];
    acks.push(
      new Promise((resolve) => {
        socket.emit("event:message", { message: [sender, number] }, (ack) => {
          if (ack?.ok !== true) violate(`message ${number} of sender ${sender} was refused: ${JSON.stringify(ack)}`);
          resolve();
        });
      }),
    );
  }
  await new Promise(setImmediate);
}

let timer;
const expired = new Promise((resolve) => (timer = setTimeout(resolve, timeout, "timeout")));
// The last message of each node follows all acknowledged ones on the channel:
// whoever has it has received everything there was, and any copy too many.
const ended = await Promise.race([
  expired,
  Promise.all(acks).then(() => {
    for (const index of urls.keys()) crowd[index].socket.emit("event:message", { message: "end" });
    return allDone;
  }),
]);
const deliverMs = Math.round(performance.now() - deliverStart);

const missing = crowd
  .filter(({ received }) => received !== messages)
  .map(({ index, received, socket }) => `client ${index} (${socket.io.engine?.transport?.name}) received ${received}`);
if (ended === "timeout") violate(`not all was delivered within ${timeout} ms`);
clearTimeout(timer);
closing = true;
for (const { socket } of crowd) socket.disconnect();
console.log(
  JSON.stringify({
    deliveries,
    violations,
    violationCount,
    missing: missing.slice(0, VIOLATIONS_SHOWN),
    missingCount: missing.length,
    connectMs,
    deliverMs,
    transports,
  }),
);
