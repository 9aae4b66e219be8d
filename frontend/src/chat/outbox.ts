import type { Problem } from "./protocol";

/**
 * A message written here that no server has confirmed.
 * - waiting: goes out when its turn comes
 * - sending: on its way
 * - uncertain: it went to a server that knows no keys, and no answer came: sent
 *   again it could show twice, so the reader decides
 * - failed: refused, or not taken for too long; see problem
 */
export interface Outgoing {
  /** What the message is called to the server: sent again by it, it is stored once. */
  readonly key: string;
  readonly room: string;
  readonly text: string;
  /** When it was written, in milliseconds since 1970, by this device's clock. */
  readonly time: number;
  readonly status: "waiting" | "sending" | "uncertain" | "failed";
  /** How it was sent so far: not at all, by its key, or to a server of the old kind. */
  readonly via: "none" | "key" | "plain";
  /** Whether a server of the old kind acknowledged it. */
  readonly accepted: boolean;
  /** Why it failed, or why it was not taken so far. */
  readonly problem: Problem | null;
}

/** A message as it was just written. */
export function written(key: string, room: string, text: string, time: number): Outgoing {
  return {
    key,
    room,
    text,
    time,
    status: "waiting",
    via: "none",
    accepted: false,
    problem: null,
  };
}

/** The outbox with the entry of key changed; itself where it has none. */
export function change(
  outbox: readonly Outgoing[],
  key: string,
  fields: Partial<Outgoing>,
): readonly Outgoing[] {
  return outbox.some((entry) => entry.key === key)
    ? outbox.map((entry) => (entry.key === key ? { ...entry, ...fields } : entry))
    : outbox;
}

/** The outbox without the entries of keys. */
export function without(outbox: readonly Outgoing[], ...keys: string[]): readonly Outgoing[] {
  return outbox.some(({ key }) => keys.includes(key))
    ? outbox.filter(({ key }) => !keys.includes(key))
    : outbox;
}

/**
 * The entry to send by its key: the first that waits in one of rooms. One at a
 * time, so that what is sent again does not come behind what was written later.
 */
export function nextByKey(
  outbox: readonly Outgoing[],
  rooms: ReadonlySet<string>,
): Outgoing | undefined {
  if (outbox.some(({ status, via }) => status === "sending" && via === "key")) return undefined;
  return outbox.find(({ status, room }) => status === "waiting" && rooms.has(room));
}

/** The entry that a server of the old kind relayed when it relayed text: the oldest equal one. */
export function returned(outbox: readonly Outgoing[], text: string): Outgoing | undefined {
  return outbox.find(
    (entry) =>
      entry.text === text &&
      entry.via === "plain" &&
      (entry.status === "sending" || entry.status === "uncertain"),
  );
}

/**
 * The outbox when the connection is gone, or the page was: what was sent by its
 * key is sent again, what was sent without may have arrived.
 */
export function lost(outbox: readonly Outgoing[]): readonly Outgoing[] {
  return outbox.map((entry) =>
    entry.status === "sending"
      ? { ...entry, status: entry.via === "key" ? "waiting" : "uncertain" }
      : entry,
  );
}

/** The outbox that parse found in storage, without what is no entry. */
export function restored(value: unknown): readonly Outgoing[] {
  if (!Array.isArray(value)) return [];
  return lost(value.filter(isOutgoing));
}

function isOutgoing(value: unknown): value is Outgoing {
  if (typeof value !== "object" || value === null) return false;
  const entry = value as Partial<Outgoing>;
  return (
    typeof entry.key === "string" &&
    /^[\w-]{1,64}$/.test(entry.key) &&
    typeof entry.room === "string" &&
    typeof entry.text === "string" &&
    typeof entry.time === "number" &&
    ["waiting", "sending", "uncertain", "failed"].includes(entry.status ?? "") &&
    ["none", "key", "plain"].includes(entry.via ?? "")
  );
}
