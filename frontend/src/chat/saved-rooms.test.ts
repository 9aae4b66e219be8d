import { expect, test } from "vitest";
import type { ChatClient } from "./client";
import { newRoom } from "./room";
import { keepRooms, savedRooms } from "./saved-rooms";
import { initialState } from "./state";
import { memoryStore, type Store } from "./storage";

let clock = 0;

/** A page in rooms, which are those of the store at first. */
function openPage(store: Store) {
  let rooms = savedRooms(store).map(({ name, read }) => newRoom(name, read));
  let changed = () => {};
  const chat: Pick<ChatClient, "getSnapshot" | "subscribe"> = {
    getSnapshot: () => ({ ...initialState, rooms }),
    subscribe(listener) {
      changed = listener;
      return () => {};
    },
  };
  keepRooms(store, chat, () => ++clock);
  const set = (next: typeof rooms) => {
    rooms = next;
    changed();
  };
  return {
    read: (name: string, id: string) =>
      set([...rooms.filter((it) => it.name !== name), newRoom(name, id)]),
    leave: (name: string) => set(rooms.filter((it) => it.name !== name)),
  };
}

const names = (store: Store) => savedRooms(store).map(({ name }) => name);

test("two pages keep the rooms of both", () => {
  const store = memoryStore();
  const [a, b] = [openPage(store), openPage(store)];
  a.read("tea", "1-0");
  b.read("cake", "2-0");
  a.read("milk", "3-0");
  expect(names(store)).toEqual(["tea", "cake", "milk"]);
  a.leave("tea");
  expect(names(store)).toEqual(["cake", "milk"]);
});

test("a read mark only moves forward", () => {
  const store = memoryStore();
  const [a, b] = [openPage(store), openPage(store)];
  a.read("tea", "9-0");
  b.read("tea", "3-0");
  expect(savedRooms(store)).toEqual([{ name: "tea", read: "9-0" }]);
  b.read("tea", "10-0");
  expect(savedRooms(store)).toEqual([{ name: "tea", read: "10-0" }]);
});

test("what cannot be read is no room, and there are no more than one may be in", () => {
  const store = memoryStore();
  store.setItem("nudge.room.", "{}");
  store.setItem("nudge.room.bad", "not JSON");
  store.setItem("other", "{}");
  expect(savedRooms(store)).toEqual([{ name: "bad", read: "" }]);
  const page = openPage(store);
  for (let n = 0; n < 30; n++) page.read(`room-${n}`, "1-0");
  expect(savedRooms(store)).toHaveLength(initialState.limits.rooms);
});
