import { returned, without } from "./outbox";
import { LOBBY, type Message, type Person } from "./protocol";
import { type ChatState, withRoom } from "./state";
import { MAX_MESSAGES } from "./timeline";

/** Who wrote what this page sent to a server of the old kind: it names nobody. */
export const PLAIN_SELF: Person = { id: "self", name: "You" };

/**
 * The state after a server of the old kind relayed text. It has no id: number,
 * counted by the page, makes one up. What was written here is known again by
 * its text alone.
 */
export function relayed(
  state: ChatState,
  text: string,
  number: number,
  time: number,
  attending: boolean,
): ChatState {
  const own = returned(state.outbox, text);
  const message: Message = {
    id: `${number}-0`,
    room: LOBBY,
    time,
    from: own === undefined ? null : PLAIN_SELF,
    text,
    ...(own && { key: own.key }),
  };
  const changed = withRoom(state, LOBBY, (room) => ({
    ...room,
    plain: [...room.plain, message].slice(-MAX_MESSAGES),
    unread: attending || own !== undefined ? room.unread : room.unread + 1,
  }));
  return own === undefined ? changed : { ...changed, outbox: without(changed.outbox, own.key) };
}

/**
 * The state when the connection to a server of the old kind is gone: what it
 * acknowledged reached the others even where its return was missed.
 */
export function plainLost(state: ChatState, number: number, time: number): ChatState {
  return state.outbox
    .filter(({ status, via, accepted }) => status === "sending" && via === "plain" && accepted)
    .reduce((before, { text }, at) => relayed(before, text, number + at, time, true), state);
}
