import assert from "node:assert/strict";
import { ask, crowd, once } from "./kit.mjs";

// A middleware refuses, with data; the client corrects itself and is let in.
export async function middleware({ begin }) {
  const socket = begin({ auth: { token: "bad" } });
  const [refusal] = await once(socket, "connect_error");
  assert.equal(refusal.message, "not authorized");
  assert.deepEqual(refusal.data, { code: 401, given: { token: "bad" } });
  assert.ok(!socket.connected);
  socket.auth = (give) => give({ token: "good", more: [1, { two: 2 }] });
  socket.connect();
  await once(socket, "connect");
  assert.deepEqual(await ask(socket, "auth"), [{ token: "good", more: [1, { two: 2 }] }]);
  socket.emit("forbidden", 1);
  assert.deepEqual(await once(socket, "refused"), ["forbidden event"]);
  assert.deepEqual(await ask(socket, "sync"), []);
}

// Several namespaces on one connection, and one that there is not.
export async function namespaces({ manager, namespace }) {
  const shared = manager();
  const a = shared.socket(namespace);
  const b = shared.socket(`${namespace}/b`);
  await Promise.all([once(a, "connect"), once(b, "connect")]);
  assert.notEqual(a.id, b.id);
  assert.deepEqual(await ask(a, "where"), [namespace]);
  assert.deepEqual(await ask(b, "where"), [`${namespace}/b`]);
  a.disconnect();
  assert.deepEqual(await ask(b, "where"), [`${namespace}/b`]);
  const nowhere = shared.socket(`${namespace}/nowhere`);
  const [refusal] = await once(nowhere, "connect_error");
  assert.equal(refusal.message, "Invalid namespace");
  a.connect();
  await once(a, "connect");
  assert.deepEqual(await ask(a, "where"), [namespace]);
}

// Many clients are the first of namespaces that are made on demand.
export async function dynamic({ connect, transports }) {
  const names = Array.from({ length: 10 }, (_, i) => [`/dynamic-${transports[0]}-${i}`, `/made-${transports[0]}-${i}`]).flat();
  const members = 5;
  await Promise.all(
    names.map(async (name) => {
      const sockets = await Promise.all(Array.from({ length: members }, () => connect({}, name)));
      const heard = Promise.all(sockets.map((socket) => once(socket, "everyone")));
      assert.deepEqual(await ask(sockets[0], "tell everyone"), [name, members]);
      assert.deepEqual(await heard, Array(members).fill([name]));
    }),
  );
}

// What is sent as soon as a client is connected, or before, finds its handlers.
export async function early({ begin }) {
  await crowd(300, 25, async (n) => {
    const socket = begin();
    const before = ask(socket, "early", n, "before");
    const at = new Promise((resolve, reject) => {
      socket.once("connect", () => ask(socket, "early", n, "at").then(resolve, reject));
    });
    assert.deepEqual(await Promise.all([before, at]), [[n, "before"], [n, "at"]]);
    socket.disconnect();
  });
}

// The server says goodbye and disconnects: the goodbye arrives, every time, and
// the client knows that it is not to come back.
export async function leaving({ begin }) {
  const sockets = [];
  let goodbyes = 0;
  let connects = 0;
  await crowd(300, 25, async () => {
    const socket = begin();
    sockets.push(socket);
    socket.on("goodbye", () => goodbyes++);
    socket.on("connect", () => connects++);
    assert.deepEqual((await once(socket, "disconnect"))[0], "io server disconnect");
  });
  assert.equal(goodbyes, 300);
  await new Promise((resolve) => setTimeout(resolve, 300)); // several reconnection delays
  assert.equal(connects, 300);
  assert.ok(sockets.every((socket) => !socket.active && !socket.connected));
}
