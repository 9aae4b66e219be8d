import { compareIds, laterId } from "./ids";
import { type Person as Member, type PresenceState, present } from "./presence";
import type { HistoryAnswer, JoinAnswer, Message, Problem } from "./protocol";
import { MAX_MESSAGES, merge, missing, SPARE } from "./timeline";
import type { Typist } from "./typing";

/** A message that a server of the old kind relayed; its id is one that this page made up. */
export interface PlainMessage extends Message {
  /** The id under which a node of version 1 stored it, "" where none is known to have. */
  readonly stored: string;
  /** The id of the last message that stands above it, "" where none does. */
  readonly after: string;
}

/** A room this page is in, or means to be in. */
export interface Room {
  readonly name: string;
  /** waiting: it was not joined yet; failed: it was refused for good, see problem. */
  readonly phase: "waiting" | "ready" | "failed";
  /** Why the server did not let this page in, or did not tell what it missed; null where it did. */
  readonly problem: Problem | null;
  /** In the order of their ids. */
  readonly messages: readonly Message[];
  /** What servers of the old kind relayed and no node of version 1 told of, in order. */
  readonly plain: readonly PlainMessage[];
  /** Ids right after which messages may be missing that are no longer kept. */
  readonly holes: readonly string[];
  /** Whether there are messages before the first. */
  readonly more: boolean;
  readonly older: "idle" | "loading" | "failed";
  /** The last id that has no gap before it, "" before there is any. */
  readonly safe: string;
  /** Whether live messages follow safe without a gap. */
  readonly caughtUp: boolean;
  /** The newest id that came live, for when the room has caught up. */
  readonly live: string;
  readonly presence: PresenceState;
  readonly typing: readonly Typist[];
  /** The newest id that the reader has seen. */
  readonly read: string;
  /** The id above the line "new", null where there is no such line. */
  readonly marker: string | null;
  /** How many of others the reader has not seen. */
  readonly unread: number;
}

/** Who reads, and whether they look at the end of the room right now. */
export interface Reader {
  readonly you: Member | null;
  readonly attending: boolean;
  /** The ids of messages that were shown, or counted as unread, before they had their ids. */
  readonly shown?: ReadonlySet<string>;
}

/** A room before anything is known of it; read is what was seen in an earlier visit. */
export function newRoom(name: string, read = ""): Room {
  return {
    name,
    phase: "waiting",
    problem: null,
    messages: [],
    plain: [],
    holes: [],
    more: false,
    older: "idle",
    safe: "",
    caughtUp: false,
    live: "",
    presence: { people: [], count: 0 },
    typing: [],
    read,
    marker: null,
    unread: 0,
  };
}

/** The room after the answer to its join, which was asked with after or without. */
export function joined(room: Room, answer: JoinAnswer, after: string, reader: Reader): Room {
  const known: Room = {
    ...room,
    phase: "ready",
    presence: { people: answer.people, count: answer.count },
  };
  return caughtUpWith(known, answer, after, reader);
}

/** The room after a page of what came after an id, or of the newest where after is "". */
export function caughtUpWith(room: Room, page: HistoryAnswer, after: string, reader: Reader): Room {
  if (after === "") return begun(room, page, reader);
  const holes = page.gap && !room.holes.includes(after) ? [...room.holes, after] : room.holes;
  const taken = take({ ...room, holes, problem: null }, page.messages, reader);
  const safe = laterId(room.safe, page.messages.at(-1)?.id ?? "");
  return page.more ? { ...taken, safe } : settle({ ...taken, safe });
}

/** The room after the newest messages, without an id that they follow. */
function begun(room: Room, page: HistoryAnswer, reader: Reader): Room {
  const first = page.messages[0]?.id ?? "";
  // Between what was written here before and this page may be more than it holds:
  // the reader scrolls there, as to all of the past.
  const messages = page.more
    ? room.messages.filter(({ id }) => compareIds(id, first) >= 0)
    : room.messages;
  // A first visit has read all that was said before it.
  const read = room.read || lastId(page.messages);
  const known = { ...room, messages, read, more: page.more, problem: null };
  return settle(take(known, page.messages, reader));
}

/** The room after messages that came live. */
export function received(room: Room, batch: readonly Message[], reader: Reader): Room {
  const taken = take(room, batch, reader);
  // One that the answer to its sending brought before counts too: what was before it came.
  const live = batch.reduce(newest, room.live);
  if (taken === room && live === room.live) return room;
  return { ...taken, live, safe: room.caughtUp ? laterId(room.safe, live) : room.safe };
}

/** The room after the server took a message written here. */
export function sent(room: Room, message: Message): Room {
  // It says nothing of the messages before it, so it moves neither safe nor live.
  return { ...room, messages: merge(room.messages, [message]) };
}

/** The room after a page of what came before its first message. */
export function older(room: Room, page: HistoryAnswer): Room {
  return {
    ...room,
    messages: merge(room.messages, page.messages),
    more: page.more,
    older: "idle",
  };
}

/** The room when its node may have left something out, or is gone. */
export function interrupted(room: Room): Room {
  const problem = room.phase === "failed" ? room.problem : null;
  return { ...room, caughtUp: false, problem, typing: [], older: "idle" };
}

/** The room when all there is has been seen. */
export function attended(room: Room): Room {
  const read = laterId(room.read, room.messages.at(-1)?.id ?? "");
  return read === room.read && room.unread === 0 ? room : { ...room, read, unread: 0 };
}

/** The room after others joined, left or changed their names. */
export function withPresence(room: Room, event: Parameters<typeof present>[1]): Room {
  return { ...room, presence: present(room.presence, event) };
}

function settle(room: Room): Room {
  const safe = laterId(laterId(room.safe, room.live), room.safe || lastId(room.messages));
  return { ...room, caughtUp: true, safe };
}

function lastId(messages: readonly Message[]): string {
  return messages.at(-1)?.id ?? "";
}

function newest(id: string, message: Message): string {
  return laterId(id, message.id);
}

function take(room: Room, batch: readonly Message[], reader: Reader): Room {
  const fresh = missing(room.messages, batch);
  if (fresh.length === 0) return room;
  const unseen = fresh.filter(
    ({ id, from }) =>
      compareIds(id, room.read) > 0 && from?.id !== reader.you?.id && !reader.shown?.has(id),
  );
  let { marker, unread, read } = room;
  const messages = merge(room.messages, fresh);
  const writers = new Set(fresh.map(({ from }) => from?.id));
  const typing = room.typing.filter(({ person }) => !writers.has(person.id));
  if (reader.attending) {
    read = laterId(read, lastId(messages));
  } else if (unseen.length > 0) {
    // The line stays where the first unseen message came in.
    if (unread === 0) marker = read;
    unread += unseen.length;
  }
  return bounded({ ...room, messages, read, marker, unread, typing });
}

/** The room without the oldest of too many messages. */
function bounded(room: Room): Room {
  if (room.messages.length <= MAX_MESSAGES + SPARE) return room;
  const messages = room.messages.slice(-MAX_MESSAGES);
  const first = messages[0]?.id ?? "";
  const holes = room.holes.filter((id) => compareIds(id, first) >= 0);
  return { ...room, messages, holes, more: true };
}
