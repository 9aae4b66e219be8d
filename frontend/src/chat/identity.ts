import { MAX_NAME, nameProblem } from "./name";
import { load, type Store, save } from "./storage";

const KEY = "nudge.key";
const NAME = "nudge.name";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** A random text of length characters, 6 bits each. */
export function randomKey(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return Array.from(bytes, (byte) => alphabet[byte & 63]).join("");
}

/** The secret by which servers know this browser again, made on the first call. */
export function identityKey(store: Store): string {
  const known = load(store, KEY);
  if (typeof known === "string" && /^[\w-]{16,128}$/.test(known)) return known;
  const key = randomKey(32);
  save(store, KEY, key);
  return key;
}

/**
 * The name the reader chose, "" before they did. One that no server takes is as if
 * none: with it the page would be turned away, and could not ask for another.
 */
export function chosenName(store: Store): string {
  const name = load(store, NAME);
  return typeof name === "string" && nameProblem(name, MAX_NAME) === null ? name : "";
}

export function chooseName(store: Store, name: string): void {
  save(store, NAME, name);
}
