import { compareIds, laterId } from "./ids";
import type { Message } from "./protocol";

/** How many messages of a room are held; those before them come back as history. */
export const MAX_MESSAGES = 20_000;
/** How many more are held until the oldest go, together: their going moves the whole list. */
export const SPARE = 1000;

/**
 * The messages of list and batch, each once, in the order of ids. List is in
 * that order already; it is returned itself where batch brings nothing new.
 */
export function merge(known: readonly Message[], batch: readonly Message[]): readonly Message[] {
  const again = repeats(known, batch);
  const isNew = ({ id }: Message) => !again.has(id);
  const list = again.size === 0 || known.every(isNew) ? known : known.filter(isNew);
  const sorted = batch.filter(isNew).toSorted((a, b) => compareIds(a.id, b.id));
  const last = list.at(-1);
  const first = sorted[0];
  if (first === undefined) return list;
  // What comes live is behind all there is.
  const isBehind = last !== undefined && compareIds(last.id, first.id) < 0;
  const merged: Message[] = isBehind ? [...list] : [];
  let at = merged.length;
  let added = 0;
  for (const message of sorted) {
    for (let next = list[at]; next && compareIds(next.id, message.id) < 0; next = list[++at]) {
      merged.push(next);
    }
    if (list[at]?.id === message.id || merged.at(-1)?.id === message.id) continue;
    merged.push(message);
    added++;
  }
  if (added === 0) return list;
  for (; at < list.length; at++) merged.push(list[at] as Message);
  return merged;
}

/** Those of batch that are not in list, in the order of ids, each once. */
export function missing(list: readonly Message[], batch: readonly Message[]): readonly Message[] {
  const known = new Set<string>();
  const oldest = batch.reduce(
    (least, { id }) => (least === "" || compareIds(id, least) < 0 ? id : least),
    "",
  );
  for (let at = list.length - 1; at >= 0; at--) {
    const { id } = list[at] as Message;
    if (compareIds(id, oldest) < 0) break;
    known.add(id);
  }
  const again = repeats(list, batch);
  return merge([], batch).filter(({ id }) => !known.has(id) && !again.has(id));
}

/**
 * The ids of those messages that have sender and key of an earlier one: a server
 * that forgot a key stores what is sent again by it a second time.
 */
function repeats(list: readonly Message[], batch: readonly Message[]): ReadonlySet<string> {
  const again = new Set<string>();
  const keys = new Set(batch.map(({ key }) => key));
  keys.delete(undefined);
  if (keys.size === 0) return again;
  const first = new Map<string, string>();
  for (const { id, from, key } of [...list.filter((it) => keys.has(it.key)), ...batch]) {
    if (from === null || key === undefined) continue;
    const name = `${from.id} ${key}`;
    const other = first.get(name) ?? id;
    if (other !== id) again.add(laterId(other, id));
    first.set(name, compareIds(other, id) <= 0 ? other : id);
  }
  return again;
}
