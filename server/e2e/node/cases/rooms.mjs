import assert from "node:assert/strict";
import { ask } from "./kit.mjs";

// Who hears what: x has a and b, y has b and c, d is in none.
export async function rooms({ connect }) {
  const names = ["a", "b", "c", "d"];
  const sockets = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await connect()])));
  const heard = [];
  for (const name of names) sockets[name].on("told", (text) => heard.push(`${name}:${text}`));
  await ask(sockets.a, "join", "x");
  await ask(sockets.b, "join", "x", "y");
  await ask(sockets.c, "join", "y");

  // tell has one of them broadcast, and resolves to who heard it.
  async function tell(from, whom) {
    heard.length = 0;
    await ask(sockets[from], "tell", { to: [], except: [], bySocket: false, ...whom });
    // An acknowledgement comes behind what was broadcast before.
    await Promise.all(names.map((name) => ask(sockets[name], "sync")));
    return heard.map((each) => each.split(":")[0]).sort().join("");
  }
  const id = (name) => sockets[name].id;
  assert.equal(await tell("a", {}), "abcd");
  assert.equal(await tell("a", { to: ["x"] }), "ab");
  assert.equal(await tell("a", { to: ["x", "y"] }), "abc");
  assert.equal(await tell("a", { except: ["x"] }), "cd");
  assert.equal(await tell("a", { to: ["x"], except: ["y"] }), "a");
  assert.equal(await tell("a", { to: [id("d"), "y"] }), "bcd");
  assert.equal(await tell("a", { except: [id("a"), id("b")] }), "cd");
  assert.equal(await tell("a", { to: ["nowhere"] }), "");
  assert.equal(await tell("a", { bySocket: true }), "bcd");
  assert.equal(await tell("a", { to: ["x"], bySocket: true }), "b");
  assert.equal(await tell("d", { to: ["x"], except: ["y"], bySocket: true }), "a");
  await ask(sockets.b, "leave", "x");
  assert.equal(await tell("a", { to: ["x"] }), "a");
  assert.equal(await tell("a", { to: ["y"] }), "bc");
  sockets.c.disconnect();
  sockets.c.connect();
  assert.deepEqual(await ask(sockets.c, "rooms"), [[id("c")]]);
  assert.equal(await tell("a", { to: ["y"] }), "b");
}
