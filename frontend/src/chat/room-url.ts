import { LOBBY } from "./protocol";

const name = /^[\p{L}\p{M}\p{Nd}\-_.]+$/u;

/** The longest name of a room, in characters (code points). */
export const MAX_ROOM_NAME = 64;

/** Whether a server takes name for a room's. */
export function isRoomName(text: string): boolean {
  const { length } = [...text];
  return length >= 1 && length <= MAX_ROOM_NAME && name.test(text);
}

/**
 * The room name that someone meant who wrote text: spaces become "-", a leading
 * "#" goes. Null where no name comes of it.
 */
export function roomNameFrom(text: string): string | null {
  const wanted = text.normalize("NFC").trim().replace(/^#+/, "").trim().replace(/\s+/g, "-");
  return isRoomName(wanted) ? wanted : null;
}

/**
 * The room an address's fragment names, such as "#/design"; the lobby where there
 * is none. Null where it names what can be no room.
 */
export function roomOfHash(hash: string): string | null {
  if (["", "#", "#/"].includes(hash)) return LOBBY;
  if (!hash.startsWith("#/")) return null;
  try {
    const room = decodeURIComponent(hash.slice(2)).normalize("NFC");
    return isRoomName(room) ? room : null;
  } catch {
    return null; // no valid percent-encoding
  }
}

/** The fragment of a room's address; the lobby's is the plain page. */
export function hashOfRoom(room: string): string {
  return room === LOBBY ? "#/" : `#/${encodeURIComponent(room)}`;
}
