import { load, type Store, save } from "./storage";

const KEY = "nudge.drafts";

/** The most drafts that are kept, and the most characters of them all. */
export const MAX_DRAFTS = 20;
export const MAX_TOTAL = 100_000;

/** What is written in each room and was not sent, the draft that was changed last at the end. */
export type Drafts = ReadonlyMap<string, string>;

/** The drafts with that of room changed. */
export function withDraft(drafts: Drafts, room: string, text: string): Drafts {
  const next = new Map(drafts);
  next.delete(room);
  if (text !== "") next.set(room, text);
  return next;
}

/** The drafts that this tab kept. */
export function loadDrafts(store: Store): Drafts {
  const value = load(store, KEY);
  return new Map(Array.isArray(value) ? value.filter(isDraft) : []);
}

/** Keeps the last of the drafts, as many as there is room for. */
export function saveDrafts(store: Store, drafts: Drafts): void {
  const kept: [string, string][] = [];
  let total = 0;
  for (const [room, text] of [...drafts].toReversed()) {
    total += text.length;
    if (total > MAX_TOTAL || kept.length === MAX_DRAFTS) break;
    kept.unshift([room, text]);
  }
  if (kept.length > 0) save(store, KEY, kept);
  else store.removeItem(KEY);
}

function isDraft(value: unknown): value is [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((it) => typeof it === "string");
}
