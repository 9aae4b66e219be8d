import { expect, test } from "vitest";
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
