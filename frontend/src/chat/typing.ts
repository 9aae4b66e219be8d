import type { Person } from "./protocol";

/** How long someone counts as typing after the last word of it, in milliseconds. */
export const TYPING_EXPIRY = 6000;
/** How often a page says that its reader types, in milliseconds. */
export const TYPING_INTERVAL = 3000;

/** Someone who types, and until when that is believed, in milliseconds since 1970. */
export interface Typist {
  readonly person: Person;
  readonly until: number;
}

/** Who types after person began or ended at now. */
export function typed(
  typists: readonly Typist[],
  person: Person,
  typing: boolean,
  now: number,
): readonly Typist[] {
  const others = typists.filter((typist) => typist.person.id !== person.id);
  return typing ? [...others, { person, until: now + TYPING_EXPIRY }] : others;
}

/** Who still types at now; the same list where all do. */
export function stillTyping(typists: readonly Typist[], now: number): readonly Typist[] {
  return typists.every(({ until }) => until > now)
    ? typists
    : typists.filter(({ until }) => until > now);
}

/** What a page says of its reader's typing: when to tell others, and what. */
export class TypingNotice {
  #told = Number.NEGATIVE_INFINITY;
  readonly #tell: (typing: boolean) => void;

  constructor(tell: (typing: boolean) => void) {
    this.#tell = tell;
  }

  /** The reader changed the draft at now; it holds something or nothing. */
  changed(isEmpty: boolean, now: number): void {
    if (isEmpty) {
      this.ended();
    } else if (now - this.#told >= TYPING_INTERVAL) {
      this.#told = now;
      this.#tell(true);
    }
  }

  /** The reader stopped: sent it, emptied it, or went elsewhere. */
  ended(): void {
    if (this.#told === Number.NEGATIVE_INFINITY) return;
    this.#told = Number.NEGATIVE_INFINITY;
    this.#tell(false);
  }
}

/** What the line under the messages says, "" where nobody types. */
export function typingText(people: readonly Person[]): string {
  const [first, second] = people;
  if (first === undefined) return "";
  if (second === undefined) return `${first.name} is typing…`;
  if (people.length === 2) return `${first.name} and ${second.name} are typing…`;
  return `${first.name} and ${people.length - 1} others are typing…`;
}
