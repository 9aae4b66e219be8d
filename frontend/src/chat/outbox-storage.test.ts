import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LEASE } from "./leases";
import { type Locks, livingPages } from "./living-pages";
import { type Outgoing, written } from "./outbox";
import { LOOK, outboxStorage } from "./outbox-storage";
import { memoryStore, type Store } from "./storage";
import { setup } from "./testing/setup";

const entry = (key: string, time = 1) => written(key, "lobby", key, time);

/** A page of a browser, which does what it is told; without locks unless some are given. */
async function openPage(local: Store, session: Store = memoryStore(), locks?: Locks) {
  const events = new EventTarget();
  const storage = outboxStorage(local, session, livingPages(locks, local, events, Date.now));
  const found: string[] = [];
  storage.open((entries: readonly Outgoing[]) => found.push(...entries.map(({ key }) => key)));
  await vi.advanceTimersByTimeAsync(0);
  return { storage, found, leave: () => events.dispatchEvent(new Event("pagehide")) };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A page that has left so many entries. */
async function left(local: Store, ...entries: Outgoing[]) {
  const { storage, leave } = await openPage(local);
  storage.save(entries);
  leave();
  vi.clearAllTimers(); // those of a page that is gone do not run
}

test("the queue opens where the browser refuses locks", async () => {
  const locks: Locks = {
    request: () => Promise.reject(new DOMException("denied", "SecurityError")),
  };
  const local = memoryStore();
  await left(local, entry("k"));
  expect((await openPage(local, memoryStore(), locks)).found).toEqual(["k"]);
});

test("a message that two queues hold is found once", async () => {
  const local = memoryStore();
  const pages = [await openPage(local), await openPage(local)];
  for (const { storage } of pages) storage.save([entry("k")]);
  for (const { leave } of pages) leave();
  expect((await openPage(local)).found).toEqual(["k"]);
});

describe("without locks", () => {
  test("the queue of a page that lives is its own, and is taken over once it leaves", async () => {
    const local = memoryStore();
    const first = await openPage(local);
    first.storage.save([entry("k")]);
    const second = await openPage(local);
    await vi.advanceTimersByTimeAsync(10 * LEASE);
    expect(second.found).toEqual([]);
    first.leave();
    await vi.advanceTimersByTimeAsync(LOOK);
    expect(second.found).toEqual(["k"]);
    expect((await openPage(local)).found).toEqual([]);
  });

  test("a page that ended without a word is found gone when its lease is over", async () => {
    const local = memoryStore();
    const first = await openPage(local);
    first.storage.save([entry("k")]);
    vi.clearAllTimers();
    const second = await openPage(local);
    await vi.advanceTimersByTimeAsync(LEASE - 1);
    expect(second.found).toEqual([]);
    await vi.advanceTimersByTimeAsync(LOOK + 1);
    expect(second.found).toEqual(["k"]);
  });

  test("a page that was frozen keeps what it wrote since, and no more", async () => {
    const local = memoryStore();
    const first = await openPage(local);
    first.storage.save([entry("old")]);
    vi.clearAllTimers();
    const second = await openPage(local);
    await vi.advanceTimersByTimeAsync(LEASE + LOOK);
    expect(second.found).toEqual(["old"]);
    const kept = first.storage.save([entry("old"), entry("new", 2)]);
    expect(kept.map(({ key }) => key)).toEqual(["new"]);
    first.leave();
    await vi.advanceTimersByTimeAsync(LEASE + LOOK);
    expect(second.found).toEqual(["old", "new"]);
  });

  test("a duplicated tab has a queue of its own", async () => {
    const local = memoryStore();
    const session = memoryStore();
    const first = await openPage(local, session);
    first.storage.save([entry("k")]);
    const copy = memoryStore();
    copy.setItem("nudge.tab", session.getItem("nudge.tab") ?? "");
    const second = await openPage(local, copy);
    second.storage.save([]);
    expect(second.found).toEqual([]);
    first.leave();
    expect((await openPage(local)).found).toEqual(["k"]);
  });

  test("two offline tabs send each message to an old server once", async () => {
    const local = memoryStore();
    const first = await setup(local);
    first.client.send("once");
    const second = await setup(local);
    for (const { socket } of [first, second]) {
      socket.receive("connect");
      await vi.advanceTimersByTimeAsync(LOOK);
    }
    const sent = [first, second].flatMap(({ socket }) => socket.sent("event:message"));
    expect(sent).toEqual([{ message: "once" }]);
  });
});
