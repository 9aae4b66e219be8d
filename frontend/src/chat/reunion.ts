import { laterId } from "./ids";
import { type Outgoing, without } from "./outbox";
import { PLAIN_SELF } from "./plain";
import { LOBBY, type Message } from "./protocol";
import type { PlainMessage } from "./room";
import { type ChatState, roomOf, withRoom } from "./state";
import { missing } from "./timeline";

/**
 * How far apart the times of one message may be when a page and a node of
 * version 1 got it from the old channel, in milliseconds, once the difference
 * of their clocks is taken away.
 */
export const SPREAD = 60_000;

/** Messages of a node of version 1, beside what the page has of them already. */
export interface Reunion {
  /** The state without what the messages are. */
  readonly state: ChatState;
  /** The messages; those that were written here say so. */
  readonly messages: readonly Message[];
  /** The ids of those that the reader was shown before, or told of as unread. */
  readonly shown: ReadonlySet<string>;
}

/**
 * Finds what a node of version 1 tells of among the messages that came from
 * servers of the old kind, and those that were sent to one and have no answer.
 * Each is shown once: where the node has it, in its place there; what no node
 * stored stays where the reader saw it, behind what was said before.
 */
export function reunite(state: ChatState, batch: readonly Message[]): Reunion {
  const room = roomOf(state, LOBBY);
  const messages = batch.filter((message) => message.room === LOBBY);
  const isPlain = (room?.plain.length ?? 0) > 0;
  const doubtful = state.outbox.filter((it) => it.via === "plain" && it.status !== "failed");
  if (room === undefined || messages.length === 0 || !(isPlain || doubtful.length > 0)) {
    return { state, messages: batch, shown: new Set() };
  }

  const fresh = missing(room.messages, messages);
  const timeOf = (message: Message) => message.time + state.skew;
  const plain = new Pool(room.plain);
  const unanswered = new Pool(doubtful);
  const found = new Map<PlainMessage, string>();
  const own = new Map<string, string>();
  const sent: string[] = [];
  for (const message of fresh) {
    const known =
      plain.take((it) => it.stored === message.id) ??
      (message.from === null
        ? plain.take(
            (it) =>
              it.stored === "" &&
              Math.abs(it.time - timeOf(message)) <= SPREAD &&
              isSameText(it.text, message.text, state.limits.text),
          )
        : undefined);
    if (known !== undefined) {
      found.set(known, message.id);
      if (known.from !== null && known.key !== undefined) own.set(message.id, known.key);
      continue;
    }
    if (message.from !== null) continue;
    const entry: Outgoing | undefined = unanswered.take(
      (it) =>
        it.time - timeOf(message) <= SPREAD && isSameText(it.text, message.text, state.limits.text),
    );
    if (entry === undefined) continue;
    own.set(message.id, entry.key);
    sent.push(entry.key);
  }

  const rest = anchored(room.plain, found, fresh, timeOf);
  return {
    state: {
      ...withRoom(state, LOBBY, (it) => ({ ...it, plain: rest })),
      outbox: without(state.outbox, ...sent),
    },
    messages: batch.map((message) => {
      const key = own.get(message.id);
      return key === undefined ? message : { ...message, from: PLAIN_SELF, key };
    }),
    shown: new Set([...found.values(), ...own.keys()]),
  };
}

/** Those of plain that were not found, each behind what is known to have been said before it. */
function anchored(
  plain: readonly PlainMessage[],
  found: ReadonlyMap<PlainMessage, string>,
  fresh: readonly Message[],
  timeOf: (message: Message) => number,
): readonly PlainMessage[] {
  const rest: PlainMessage[] = [];
  let after = "";
  let at = 0;
  for (const message of plain) {
    const id = found.get(message);
    if (id !== undefined) {
      after = laterId(after, id);
      continue;
    }
    after = laterId(after, message.after);
    for (let next = fresh[at]; next && timeOf(next) <= message.time; next = fresh[++at]) {
      after = laterId(after, next.id);
    }
    rest.push(after === message.after ? message : { ...message, after });
  }
  return rest;
}

/** Candidates of which each is taken once, the oldest first. */
class Pool<T> {
  readonly #left: T[];

  constructor(all: readonly T[]) {
    this.#left = [...all];
  }

  take(isIt: (candidate: T) => boolean): T | undefined {
    const at = this.#left.findIndex(isIt);
    return at < 0 ? undefined : this.#left.splice(at, 1)[0];
  }
}

/** Whether a node that got text from the old channel stored it as stored. */
function isSameText(text: string, stored: string, longest: number): boolean {
  if (text === stored) return true;
  const valid = text.replace(/\p{Surrogate}/gu, "\ufffd");
  if (valid === stored) return true;
  const characters = [...valid];
  return characters.length > longest && `${characters.slice(0, longest - 1).join("")}…` === stored;
}
