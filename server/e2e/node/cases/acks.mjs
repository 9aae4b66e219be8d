import assert from "node:assert/strict";
import { ask } from "./kit.mjs";

// Acknowledgements both ways, in time and too late.
export async function acks({ connect }) {
  const socket = await connect();
  socket.on("question", (n, text, answer) => answer(n + 1, { text }));
  const args = [1, "two", { three: [3, null, true] }, []];
  assert.deepEqual(await ask(socket, "echo", ...args), args);
  assert.deepEqual(await ask(socket, "echo"), []);
  assert.deepEqual(await socket.timeout(5000).emitWithAck("echo", "promised"), "promised");
  await assert.rejects(socket.timeout(50).emitWithAck("silent"), /timed out/);
  assert.deepEqual(await ask(socket, "ask me"), [21, { text: "x" }]);
  assert.deepEqual(await ask(socket, "ask in vain"), ["operation has timed out"]);
}

// Broadcasts that everyone answers, with several arguments; one who does not.
export async function broadcastAcks({ connect }) {
  const sockets = await Promise.all(["a", "b", "c"].map(() => connect()));
  sockets.forEach((socket, i) => {
    socket.on("question", (answer) => answer("abc"[i], "and", { more: i }));
    if (i > 0) socket.on("question of two", (answer) => answer("abc"[i]));
  });
  const [a] = sockets;
  assert.deepEqual(await ask(a, "ask all"), [["a", "b", "c"], ""]);
  assert.deepEqual(await ask(a, "ask two"), [["b", "c"], "operation has timed out"]);
  assert.deepEqual(await ask(a, "ask one"), ["a", "and", { more: 0 }]);
}

// Volatile events may be lost, but not disordered, and not where nothing is in
// their way.
export async function volatile({ connect }) {
  const socket = await connect();
  const got = [];
  socket.on("maybe", (n) => got.push(n));
  const sure = new Promise((resolve) => socket.once("sure", resolve));
  socket.emit("flood", 2000);
  await sure;
  assert.deepEqual(got, [...new Set(got)].sort((x, y) => x - y));
  assert.ok(got.length <= 2000);
  for (let tries = 0; !got.includes("one"); tries++) {
    assert.ok(tries < 100, "an idle client never gets a volatile event");
    socket.volatile.emit("one");
    await ask(socket, "sync");
    await new Promise((resolve) => setTimeout(resolve, 20)); // the next poll is on its way
  }
}
