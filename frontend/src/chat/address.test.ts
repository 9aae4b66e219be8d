import { expect, test, vi } from "vitest";
import { followAddress } from "./address";
import { memoryStore } from "./storage";
import { hello, setup } from "./testing/setup";

/** A page whose address is hash, with a chat that follows it. */
async function open(hash: string) {
  vi.useFakeTimers();
  const { client } = await setup(memoryStore());
  vi.useRealTimers();
  const location = { hash };
  let changed = () => {};
  followAddress(client, {
    location,
    history: {
      replaceState: (_state, _title, url) => {
        location.hash = `${url}`;
      },
    },
    addEventListener: (_, listener) => {
      changed = listener;
    },
  });
  const go = (to: string) => {
    location.hash = to;
    changed();
  };
  const view = () => [client.getSnapshot().current, location.hash];
  return { client, go, view };
}

test.each([
  ["", "lobby", ""],
  ["#/", "lobby", "#/"],
  ["#/tea", "tea", "#/tea"],
  ["#/e%CC%81t%C3%A9", "été", "#/e%CC%81t%C3%A9"],
])("the address %j is that of %s", async (hash, room, address) => {
  const { client, view } = await open(hash);
  expect(view()).toEqual([room, address]);
  expect(client.getSnapshot().notice).toBe("");
});

test.each(["#/a%2Fb", "#/%", "#tea", "#/two words"])(
  "%j says that it names no room",
  async (hash) => {
    const { client, go, view } = await open(hash);
    expect(view()).toEqual(["lobby", "#/"]);
    expect(client.getSnapshot().notice).toContain("names no room");
    go("#/tea");
    go(hash);
    expect(view()).toEqual(["tea", "#/tea"]);
  },
);

test("with one room too many, address and page stay where they are, and say why", async () => {
  const { client, go, view } = await open("");
  const { rooms } = hello.limits;
  for (let at = 1; at < rooms; at++) go(`#/room-${at}`);
  expect(client.getSnapshot().notice).toBe("");
  go("#/one-more");
  expect(view()).toEqual([`room-${rooms - 1}`, `#/room-${rooms - 1}`]);
  expect(client.getSnapshot().notice).toContain(`${rooms} rooms already`);
  go("#/room-1");
  expect(view()).toEqual(["room-1", "#/room-1"]);
});
