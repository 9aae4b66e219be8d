import { compareIds } from "./ids";
import type { Outgoing } from "./outbox";
import { PLAIN_SELF } from "./plain";
import type { Message, Person, Problem } from "./protocol";
import type { PlainMessage, Room } from "./room";

/** How long a sender's messages stand under one name, in milliseconds. */
export const GROUP_SPAN = 5 * 60_000;

/** How a message of the reader's own stands; "none" for those of others. */
export type Delivery = "none" | "sent" | "waiting" | "sending" | "uncertain" | "failed";

/** One message as the list shows it. */
export interface Row {
  /** The same from when it is written until it is confirmed. */
  readonly key: string;
  readonly text: string;
  /** In milliseconds since 1970. */
  readonly time: number;
  /** Null: a page or server of the old kind, which names nobody. */
  readonly person: Person | null;
  readonly own: boolean;
  /** Whether name and time stand above it. */
  readonly head: boolean;
  /** Whether a line with the day, with "New", or about a gap stands above it. */
  readonly day: boolean;
  readonly unread: boolean;
  readonly hole: boolean;
  readonly delivery: Delivery;
  readonly problem: Problem | null;
}

/** A row that the one before it is not known of yet. */
type Draft = { -readonly [Field in keyof Row]: Row[Field] };

/**
 * The rows of a room: what is confirmed in its order, each message without an
 * id behind what it followed, then what is on its way.
 */
export function rowsOf(
  room: Room,
  outbox: readonly Outgoing[],
  you: Person | null,
): readonly Row[] {
  const rows: Row[] = [];
  const isNewDay = days();
  let previous: Row | undefined;
  // Written into rows that are there already: to copy each of many takes long.
  const push = (row: Draft) => {
    row.day = isNewDay(row.time);
    row.head =
      row.day ||
      row.unread ||
      row.hole ||
      previous?.person?.id !== row.person?.id ||
      Math.abs(row.time - (previous?.time ?? 0)) > GROUP_SPAN;
    previous = row;
    rows.push(row);
  };

  const holes = new Set(room.holes);
  // The line "New" has a place once what is above it is here.
  let isMarked =
    room.marker === null || (room.more && compareIds(room.messages[0]?.id ?? "", room.marker) > 0);
  const isOwn = ({ from }: Message) =>
    from !== null && (from.id === you?.id || from.id === PLAIN_SELF.id);
  let at = 0;
  const pushPlain = (next?: string) => {
    for (; at < room.plain.length; at++) {
      const message = room.plain[at] as PlainMessage;
      if (next !== undefined && compareIds(message.after, next) >= 0) return;
      push(rowOf(message, isOwn(message), you, false, false));
    }
  };
  let before = "";
  for (const message of room.messages) {
    pushPlain(message.id);
    const own = isOwn(message);
    const unread = !isMarked && !own && compareIds(message.id, room.marker ?? "") > 0;
    if (unread) isMarked = true;
    push(rowOf(message, own, you, unread, holes.has(before)));
    before = message.id;
  }
  pushPlain();
  for (const { key, text, time, status, problem } of outbox) {
    push({
      key,
      text,
      time: Math.max(time, previous?.time ?? 0),
      person: you ?? PLAIN_SELF,
      own: true,
      head: false,
      day: false,
      unread: false,
      hole: false,
      delivery: status,
      problem,
    });
  }
  return rows;
}

function rowOf(
  message: Message,
  own: boolean,
  you: Person | null,
  unread: boolean,
  hole: boolean,
): Draft {
  return {
    key: own && message.key !== undefined ? message.key : message.id,
    text: message.text,
    time: message.time,
    person: message.from?.id === PLAIN_SELF.id ? (you ?? PLAIN_SELF) : message.from,
    own,
    head: false,
    day: false,
    unread,
    hole,
    delivery: own ? "sent" : "none",
    problem: null,
  };
}

/** Whether two rows look alike: what a list need not render again. */
export function isSameRow(a: Row, b: Row): boolean {
  return (
    a.key === b.key &&
    a.text === b.text &&
    a.time === b.time &&
    a.person?.id === b.person?.id &&
    a.person?.name === b.person?.name &&
    a.own === b.own &&
    a.head === b.head &&
    a.day === b.day &&
    a.unread === b.unread &&
    a.hole === b.hole &&
    a.delivery === b.delivery &&
    a.problem?.message === b.problem?.message
  );
}

/** Tells of times, one after the other, whether each is of another day than the one before. */
function days(): (time: number) => boolean {
  let begins = Number.NaN;
  let ends = Number.NaN;
  return (time) => {
    if (time >= begins && time < ends) return false;
    // Asked of the calendar once a day: for each of many messages it would take long.
    const day = new Date(time);
    begins = day.setHours(0, 0, 0, 0);
    ends = day.setHours(24);
    return true;
  };
}
