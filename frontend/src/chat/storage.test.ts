import { expect, test } from "vitest";
import { written } from "./outbox";
import { type Locks, outboxStorage } from "./outbox-storage";
import { memoryStore, type Store, withOverflow } from "./storage";

/** A store that reads but has no room. */
function full(items: Record<string, string>): Store {
  const store = memoryStore();
  for (const [name, value] of Object.entries(items)) store.setItem(name, value);
  return {
    ...store,
    setItem() {
      throw new DOMException("no room", "QuotaExceededError");
    },
  };
}

test("a store that is full is still read, and the page remembers the rest", () => {
  const store = withOverflow(full({ key: "old", gone: "x" }));
  expect(store.getItem("key")).toBe("old");
  store.setItem("key", "new");
  expect(store.getItem("key")).toBe("new");
  store.removeItem("gone");
  expect(store.getItem("gone")).toBeNull();
});

test("the queue opens where the browser refuses locks", async () => {
  const refuse = () => Promise.reject(new DOMException("denied", "SecurityError"));
  const locks: Locks = { request: refuse, query: refuse };
  const local = memoryStore();
  const entry = written("k", "lobby", "hi", 1);
  outboxStorage(local, memoryStore(), undefined).save([entry]);
  expect(await outboxStorage(local, memoryStore(), locks).open()).toEqual([entry]);
});

test("a message that two queues hold is found once", async () => {
  const local = memoryStore();
  for (let tab = 0; tab < 2; tab++) {
    outboxStorage(local, memoryStore(), undefined).save([written("k", "lobby", "hi", 1)]);
  }
  expect(await outboxStorage(local, memoryStore(), undefined).open()).toHaveLength(1);
});
