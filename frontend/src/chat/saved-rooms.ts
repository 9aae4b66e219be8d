import type { ChatClient } from "./client";
import { isId, laterId } from "./ids";
import type { Room } from "./room";
import { isRoomName } from "./room-url";
import { initialState } from "./state";
import { load, names, type Store, save } from "./storage";

/** Each room is under a name of its own, so that no page overwrites what another joined. */
const PREFIX = "nudge.room.";

/** A room of an earlier visit, and the newest id that was seen in it. */
export interface SavedRoom {
  readonly name: string;
  readonly read: string;
}

interface Entry {
  readonly read: string;
  /** When it was joined, in milliseconds since 1970. */
  readonly since: number;
}

/** The rooms that pages of this browser are in or were, in the order they were joined. */
export function savedRooms(store: Store): readonly SavedRoom[] {
  return names(store, PREFIX)
    .map((key) => ({ name: key.slice(PREFIX.length), ...entryOf(store, key) }))
    .filter(({ name }) => isRoomName(name))
    .toSorted((a, b) => a.since - b.since)
    .slice(0, initialState.limits.rooms)
    .map(({ name, read }) => ({ name, read }));
}

/**
 * Saves the rooms of chat whenever one comes, goes, or is read further. What
 * other pages saved stays: a read mark only moves forward.
 */
export function keepRooms(
  store: Store,
  chat: Pick<ChatClient, "getSnapshot" | "subscribe">,
  now: () => number,
): void {
  let saved: readonly Room[] = chat.getSnapshot().rooms;
  chat.subscribe(() => {
    const { rooms } = chat.getSnapshot();
    if (rooms === saved) return;
    const before = new Map(saved.map(({ name, read }) => [name, read]));
    saved = rooms;
    for (const { name, read } of rooms) {
      if (before.get(name) !== read) keep(store, PREFIX + name, read, now());
      before.delete(name);
    }
    for (const name of before.keys()) store.removeItem(PREFIX + name);
  });
}

function keep(store: Store, key: string, read: string, now: number): void {
  const { read: known, since } = entryOf(store, key);
  save(store, key, { read: laterId(known, read), since: since || now } satisfies Entry);
}

/** The entry under key; one that cannot be read is as if new. */
function entryOf(store: Store, key: string): Entry {
  const { read, since } = (load(store, key) ?? {}) as Partial<Entry>;
  return {
    read: isId(read) ? read : "",
    since: typeof since === "number" && Number.isFinite(since) ? since : 0,
  };
}
