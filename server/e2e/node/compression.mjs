// Connects by websocket with an offer of permessage-deflate, sends messages and
// measures what comes back on the wire. Takes one JSON argument {url} and prints
// one JSON line: the extension that was agreed on, and for each message its
// length, whether it came back intact, and the bytes that were read for it.
import { io } from "socket.io-client";

const WAIT_MS = 10_000;
const { url } = JSON.parse(process.argv[2]);

const MESSAGES = ["short", "long ".repeat(20_000), "é€😀".repeat(10_000)];

const socket = io(url, { transports: ["websocket"], reconnection: false, perMessageDeflate: { threshold: 1024 } });
await new Promise((resolve, reject) => {
  socket.once("connect", resolve);
  socket.once("connect_error", reject);
});
const { ws } = socket.io.engine.transport;

const messages = [];
for (const message of MESSAGES) {
  const before = ws._socket.bytesRead;
  const arrival = new Promise((resolve, reject) => {
    const timer = setTimeout(reject, WAIT_MS, new Error(`no answer to ${message.length} characters`));
    socket.once("message", (argument) => {
      clearTimeout(timer);
      resolve(argument);
    });
  });
  socket.emit("event:message", { message });
  const got = JSON.parse(await arrival);
  messages.push({
    length: Buffer.byteLength(message), intact: got.message === message, read: ws._socket.bytesRead - before,
  });
}
console.log(JSON.stringify({ extensions: ws.extensions, messages }));
socket.disconnect();
