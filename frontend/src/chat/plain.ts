import { laterId } from "./ids";
import { change, type Outgoing, returned, without } from "./outbox";
import { LOBBY, type Person } from "./protocol";
import type { PlainMessage, Room } from "./room";
import { type ChatState, roomOf, withRoom } from "./state";
import { MAX_MESSAGES } from "./timeline";

/** Who wrote what this page sent without a key: it comes back with nobody's name. */
export const PLAIN_SELF: Person = { id: "self", name: "You" };

/** What a server of the old kind relayed. */
export interface Relay {
  readonly text: string;
  /** The id under which a node of version 1 stored it, "" where the message names none. */
  readonly stored: string;
}

/**
 * The state after a server of the old kind relayed a message at time. It comes
 * without an id to sort by, so the page numbers it, and without a sender: what
 * was written here is known again by its text alone.
 */
export function relayed(
  state: ChatState,
  { text, stored }: Relay,
  time: number,
  attending: boolean,
): ChatState {
  if (stored !== "" && isShown(roomOf(state, LOBBY), stored)) return state;
  const own = stored === "" ? returned(state.outbox, text) : undefined;
  if (own !== undefined) return shownAsOwn(state, own, time);
  const changed = shown(state, { text, stored, time, from: null });
  if (attending) return changed;
  return withRoom(changed, LOBBY, (room) => ({ ...room, unread: room.unread + 1 }));
}

/**
 * The state after a server acknowledged what was sent to it as to one of the
 * old kind. Such a server still relays it; one that turned out to be of version
 * 1 has taken it, and what it stored is found among what it tells of the lobby.
 */
export function accepted(state: ChatState, key: string, time: number): ChatState {
  const entry = state.outbox.find((it) => it.key === key);
  if (entry?.via !== "plain" || entry.status === "failed") return state;
  if (state.mode === "chat") return shownAsOwn(state, entry, time);
  return { ...state, outbox: change(state.outbox, key, { accepted: true }) };
}

/**
 * The state when no return is to be waited for any more, because the connection
 * is gone, or because the server is none of the old kind: what was acknowledged
 * has reached the others.
 */
export function acceptedShown(state: ChatState, time: number): ChatState {
  return state.outbox
    .filter((it) => it.status === "sending" && it.via === "plain" && it.accepted)
    .reduce((before, entry) => shownAsOwn(before, entry, time), state);
}

function shownAsOwn(state: ChatState, { key, text }: Outgoing, time: number): ChatState {
  const changed = shown(state, { text, stored: "", time, from: PLAIN_SELF, key });
  return { ...changed, outbox: without(changed.outbox, key) };
}

type Fields = Omit<PlainMessage, "id" | "room" | "after">;

function shown(state: ChatState, fields: Fields): ChatState {
  const relays = state.relays + 1;
  const changed = withRoom(state, LOBBY, (room) => {
    const after = laterId(room.messages.at(-1)?.id ?? "", room.plain.at(-1)?.after ?? "");
    const message = { ...fields, id: `${relays}-0`, room: LOBBY, after };
    return { ...room, plain: [...room.plain, message].slice(-MAX_MESSAGES) };
  });
  return { ...changed, relays };
}

function isShown(room: Room | undefined, id: string): boolean {
  return (
    room !== undefined &&
    (room.plain.some(({ stored }) => stored === id) || room.messages.some((it) => it.id === id))
  );
}
