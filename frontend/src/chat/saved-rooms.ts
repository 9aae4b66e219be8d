import type { ChatClient } from "./client";
import { isId } from "./ids";
import type { Room } from "./room";
import { isRoomName } from "./room-url";
import { load, type Store, save } from "./storage";

const ROOMS = "nudge.rooms";

/** A room of an earlier visit, and the newest id that was seen in it. */
export interface SavedRoom {
  readonly name: string;
  readonly read: string;
}

/** The rooms of the last visit, without what cannot be read. */
export function savedRooms(store: Store): readonly SavedRoom[] {
  const value = load(store, ROOMS);
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: Partial<SavedRoom> | null) => {
    const { name, read } = entry ?? {};
    if (typeof name !== "string" || !isRoomName(name)) return [];
    return [{ name, read: isId(read) ? read : "" }];
  });
}

/** Saves the rooms of chat whenever one comes, goes, or is read further. */
export function keepRooms(store: Store, chat: ChatClient): void {
  let saved: readonly Room[] = chat.getSnapshot().rooms;
  chat.subscribe(() => {
    const { rooms } = chat.getSnapshot();
    const isSame =
      rooms.length === saved.length &&
      rooms.every(({ name, read }, at) => name === saved[at]?.name && read === saved[at]?.read);
    saved = rooms;
    if (!isSame) {
      save(
        store,
        ROOMS,
        rooms.map(({ name, read }) => ({ name, read })),
      );
    }
  });
}
