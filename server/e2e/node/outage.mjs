// One client says numbers, one after another every few milliseconds, and others
// listen, until standard input ends. Takes one JSON argument {sender, readers,
// everyMs} of URLs and prints, once every number is acknowledged one way or the
// other, one JSON line {sent, acks, readers}: acks are {number: {at, code}} with
// code "ok" or the error's, readers are a list of lists of {number, at}.
import { io } from "socket.io-client";

const { sender: senderURL, readers: readerURLs, everyMs } = JSON.parse(process.argv[2]);
const SETTLE_MS = 30_000;

async function connect(url) {
  const socket = io(url, { forceNew: true, transports: ["websocket"] });
  socket.on("disconnect", (reason) => console.error(`disconnected: ${reason}`));
  await new Promise((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", reject);
  });
  return socket;
}

const sender = await connect(senderURL);
const readers = await Promise.all(
  readerURLs.map(async (url) => {
    const received = [];
    const socket = await connect(url);
    socket.on("message", (argument) => {
      received.push({ number: JSON.parse(argument).message, at: Date.now() });
    });
    return { socket, received };
  }),
);

const acks = {};
let sent = 0;
let settled = 0;
let stopped = false;
let done;
const allSettled = new Promise((resolve) => (done = resolve));
const timer = setInterval(() => {
  const number = sent++;
  sender.emit("event:message", { message: number }, (ack) => {
    acks[number] = { at: Date.now(), code: ack.ok ? "ok" : ack.error.code };
    if (++settled === sent && stopped) done();
  });
}, everyMs);

console.error("sending");
process.stdin.resume();
await new Promise((resolve) => process.stdin.once("end", resolve));
clearInterval(timer);
stopped = true;
if (settled < sent) {
  await Promise.race([allSettled, new Promise((resolve) => setTimeout(resolve, SETTLE_MS).unref())]);
}
// The end follows every number on the channel: whoever has it misses nothing
// that is still to come.
sender.emit("event:message", { message: "end" });
const deadline = Date.now() + SETTLE_MS;
while (readers.some(({ received }) => received.at(-1)?.number !== "end") && Date.now() < deadline) {
  await new Promise((resolve) => setTimeout(resolve, 10));
}
for (const { socket } of [...readers, { socket: sender }]) socket.disconnect();
console.log(JSON.stringify({ sent, acks, readers: readers.map(({ received }) => received.filter(({ number }) => number !== "end")) }));
