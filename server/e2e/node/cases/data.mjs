import assert from "node:assert/strict";
import { ask } from "./kit.mjs";

const bytes = (...values) => Buffer.from(values);

// Binary data in the depths of an argument, both ways.
export async function binary({ connect }) {
  const socket = await connect();
  const value = { a: bytes(1, 2, 3), b: [bytes(), { c: bytes(255, 0) }, "text"], n: 1 };
  assert.deepEqual(await ask(socket, "echo", value, bytes(9), "last"), [value, bytes(9), "last"]);
  assert.deepEqual(await ask(socket, "echo", new Uint8Array([7, 8]).buffer), [bytes(7, 8)]);
  assert.deepEqual(await ask(socket, "nested"), [{ x: [bytes(1, 2), { y: bytes(3) }], z: "text" }, bytes(4)]);
  assert.deepEqual(await ask(socket, "types", value), ["buffers"]);
}

// Messages just below the bound.
export async function large({ connect, transports }) {
  const socket = await connect();
  for (const text of ["x".repeat(990_000), "€".repeat(330_000), '"'.repeat(490_000)]) {
    const [answer] = await ask(socket, "echo", text);
    assert.ok(answer === text, `a text of ${text.length} comes back as one of ${answer?.length}`);
  }
  // Over polling binary data are base64 within the bound.
  const blob = Buffer.alloc(transports[0] === "polling" ? 742_500 : 990_000, "0123456789");
  const [answer] = await ask(socket, "echo", blob);
  assert.ok(blob.equals(answer), `${blob.length} bytes come back as ${answer?.length}`);
  assert.ok(socket.connected);
}

// What a handler keeps with a socket is found by fetchSockets.
export async function data({ connect }) {
  const a = await connect({ auth: { name: "a" } });
  const b = await connect({ auth: { name: "b" } });
  assert.deepEqual(await ask(a, "who"), [["a", "b"]]);
  assert.deepEqual(await ask(a, "who", "room of b"), [["b"]]);
  assert.deepEqual(await ask(b, "who", "nowhere"), [[]]);
}
