import { describe, expect, test } from "vitest";
import { compareIds } from "./ids";
import { written } from "./outbox";
import { MAX_PEOPLE, present } from "./presence";
import type { JoinAnswer, Message, Person } from "./protocol";
import {
  attended,
  caughtUpWith,
  interrupted,
  joined,
  newRoom,
  older,
  type Reader,
  type Room,
  received,
  sent,
} from "./room";
import { GROUP_SPAN, rowsOf } from "./rows";
import { MAX_MESSAGES, merge, missing, SPARE } from "./timeline";
import {
  stillTyping,
  TYPING_EXPIRY,
  TYPING_INTERVAL,
  TypingNotice,
  typed,
  typingText,
} from "./typing";

const ann: Person = { id: "a", name: "Ann" };
const ben: Person = { id: "b", name: "Ben" };
const away: Reader = { you: ann, attending: false };
const there: Reader = { you: ann, attending: true };

function message(id: number, from: Person | null = ben, time = id * 1000): Message {
  return { id: `${id}-0`, room: "r", time, from, text: `text ${id}` };
}
const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, at) => message(first + at));
const ids = (messages: readonly Message[]) => messages.map(({ id }) => Number.parseInt(id, 10));

const nobody = { joined: [], left: [], changed: [], count: 0 };

function answer(messages: Message[], rest: Partial<JoinAnswer> = {}): JoinAnswer {
  return { room: "r", messages, more: false, gap: false, people: [ann], count: 1, ...rest };
}

test("ids are ordered as numbers, however long", () => {
  const sorted = [
    "9-0",
    "10-0",
    "10-2",
    "10-10",
    "18446744073709551615-0",
    "18446744073709551615-1",
  ];
  expect(sorted.toReversed().toSorted(compareIds)).toEqual(sorted);
});

describe("a timeline", () => {
  test.each([
    ["appends", [1, 2], [3, 4], [1, 2, 3, 4]],
    ["puts before", [3, 4], [1, 2], [1, 2, 3, 4]],
    ["fills between", [1, 4], [3, 2], [1, 2, 3, 4]],
    ["takes each once", [1, 2, 3], [2, 3, 3, 4, 4], [1, 2, 3, 4]],
    ["begins", [], [2, 1], [1, 2]],
  ])("%s", (_, list, batch, expected) => {
    const [a, b] = [list, batch].map((all) => all.map((id) => message(id)));
    expect(ids(merge(a ?? [], b ?? []))).toEqual(expected);
  });

  test("that gains nothing is the same one", () => {
    const list = range(1, 3);
    expect(merge(list, [message(2)])).toBe(list);
    expect(merge(list, [])).toBe(list);
    expect(ids(missing(list, [message(4), message(2), message(4)]))).toEqual([4]);
  });

  test("is the same whatever way its messages came", () => {
    let seed = 7;
    const random = () => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return seed / 2147483648;
    };
    for (let round = 0; round < 50; round++) {
      let list: readonly Message[] = [];
      const all = range(1, 60);
      while (list.length < all.length) {
        const from = Math.floor(random() * 60);
        list = merge(list, all.slice(from, from + 1 + Math.floor(random() * 9)));
      }
      expect(ids(list)).toEqual(ids(all));
    }
  });
});

describe("what came twice by one key", () => {
  const sentAs = (id: number, key: string, from = ben): Message => ({ ...message(id, from), key });
  const here = joined(newRoom("r"), answer([sentAs(1, "k"), message(2)]), "", there);

  test("is shown once, where it came first", () => {
    const room = received(here, [sentAs(3, "k"), sentAs(4, "other"), sentAs(5, "other")], away);
    expect(ids(room.messages)).toEqual([1, 2, 4]);
    expect(room).toMatchObject({ unread: 1, safe: "5-0" });
    expect(ids(sent(here, sentAs(3, "k")).messages)).toEqual([1, 2]);
  });

  test("is shown where it came first, though the past comes later", () => {
    const room = received({ ...here, more: true }, [sentAs(4, "late"), message(5)], there);
    const all = older(room, answer([sentAs(0, "late")]));
    expect(ids(all.messages)).toEqual([0, 1, 2, 5]);
  });

  test("is two messages where two people sent it", () => {
    expect(ids(received(here, [sentAs(3, "k", ann)], there).messages)).toEqual([1, 2, 3]);
    const nobody = { ...message(4, null), key: "k" };
    expect(ids(received(here, [nobody], there).messages)).toEqual([1, 2, 4]);
  });
});

describe("what a room holds without a gap", () => {
  test("grows with live messages once it has caught up", () => {
    let room = joined(newRoom("r"), answer(range(5, 7), { more: true }), "", there);
    expect(room).toMatchObject({ phase: "ready", safe: "7-0", caughtUp: true, more: true });
    room = received(room, [message(8)], there);
    expect(room.safe).toBe("8-0");
  });

  test("does not grow with what was sent here: others' messages may lie between", () => {
    const room = sent(joined(newRoom("r"), answer(range(1, 2)), "", there), message(9, ann));
    expect(room.safe).toBe("2-0");
    expect(ids(room.messages)).toEqual([1, 2, 9]);
  });

  test("grows with one's own message that comes live after the answer to it", () => {
    const own = message(1, ann);
    const room = received(sent(joined(newRoom("r"), answer([]), "", there), own), [own], there);
    expect(room.safe).toBe("1-0");
  });

  test("begins anew where more was said than the newest page holds", () => {
    const alone = sent(joined(newRoom("r"), answer([]), "", there), message(1, ann));
    const page = answer(range(20, 69), { more: true });
    const room = joined(interrupted(alone), page, "", there);
    expect(ids(room.messages)).toEqual(ids(range(20, 69)));
    expect(room).toMatchObject({ more: true, safe: "69-0" });
    expect(caughtUpWith(interrupted(alone), page, "", there)).toMatchObject({ more: true });
  });

  test("stands still while pages of what was missed come, and catches up at the end", () => {
    let room = interrupted(joined(newRoom("r"), answer(range(1, 3)), "", there));
    room = joined(room, answer(range(4, 5), { more: true }), "3-0", there);
    room = received(room, [message(20)], there);
    expect(room).toMatchObject({ safe: "5-0", caughtUp: false });
    room = caughtUpWith(room, { messages: range(6, 7), more: true, gap: false }, "5-0", there);
    expect(room.safe).toBe("7-0");
    room = caughtUpWith(room, { messages: range(8, 20), more: false, gap: false }, "7-0", there);
    expect(room).toMatchObject({ safe: "20-0", caughtUp: true });
    expect(ids(room.messages)).toEqual(ids([...range(1, 20)]));
  });

  test("has a mark where something is no longer kept", () => {
    const before = interrupted(joined(newRoom("r"), answer(range(1, 2)), "", there));
    const room = joined(before, answer(range(8, 9), { gap: true }), "2-0", there);
    expect(room.holes).toEqual(["2-0"]);
    expect(rowsOf(room, [], ann).map(({ hole }) => hole)).toEqual([false, false, true, false]);
  });

  test("takes a page of the past to the front", () => {
    const room = older(joined(newRoom("r"), answer(range(5, 6), { more: true }), "", there), {
      messages: range(1, 4),
      more: false,
      gap: false,
    });
    expect(ids(room.messages)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(room).toMatchObject({ more: false, older: "idle", safe: "6-0" });
  });
});

describe("what is unread", () => {
  const base = attended(joined(newRoom("r"), answer(range(1, 2)), "", there));

  test("is nothing on a first visit, nor while the reader looks", () => {
    expect(base).toMatchObject({ unread: 0, marker: null, read: "2-0" });
    expect(received(base, [message(3)], there)).toMatchObject({ unread: 0, marker: null });
  });

  test("counts others' messages, below a line that stays until the reader writes", () => {
    let room: Room = received(base, [message(3), message(4, ann)], away);
    room = received(room, [message(5)], away);
    expect(room).toMatchObject({ unread: 2, marker: "2-0" });
    room = attended(room);
    expect(room).toMatchObject({ unread: 0, marker: "2-0", read: "5-0" });
    expect(rowsOf(room, [], ann).map(({ unread }) => unread)).toEqual([
      false,
      false,
      true,
      false,
      false,
    ]);
    expect(received(room, [message(6)], away)).toMatchObject({ unread: 1, marker: "5-0" });
  });

  test("is what came since the last visit", () => {
    expect(joined(newRoom("r", "1-0"), answer(range(1, 3)), "", away)).toMatchObject({
      unread: 2,
      marker: "1-0",
    });
  });
});

describe("a room that much is said in", () => {
  const many = range(1, MAX_MESSAGES);
  const full = attended(joined(newRoom("r"), answer(many), "", there));
  const news = range(MAX_MESSAGES + 1, MAX_MESSAGES + 5000);

  test.each([
    ["shown", there, 0],
    ["out of sight", away, news.length],
  ])("holds no more than so many messages, %s", (_, reader, unread) => {
    let room = full;
    for (let at = 0; at < news.length; at += 50) {
      room = received(room, news.slice(at, at + 50), reader);
      expect(room.messages.length).toBeLessThanOrEqual(MAX_MESSAGES + SPARE);
    }
    expect(room).toMatchObject({ more: true, unread, safe: news.at(-1)?.id });
    expect(room.messages.at(-1)).toEqual(news.at(-1));
  });

  test("counts and marks what is unseen, though the place of the mark is gone for a while", () => {
    const unseen = range(MAX_MESSAGES + 1, 3 * MAX_MESSAGES);
    let room = received(full, unseen, away);
    expect(room).toMatchObject({ unread: unseen.length, marker: many.at(-1)?.id });
    expect(rowsOf(room, [], ann).some(({ unread }) => unread)).toBe(false);
    room = older(room, answer(range(MAX_MESSAGES - 10, 2 * MAX_MESSAGES)));
    const rows = rowsOf(room, [], ann);
    expect(rows.findIndex(({ unread }) => unread)).toBe(11);
  });

  test("forgets the gaps before what it holds", () => {
    const gaps = { ...full, holes: ["1-0", `${MAX_MESSAGES}-0`] };
    expect(received(gaps, news, away).holes).toEqual([`${MAX_MESSAGES}-0`]);
  });
});

describe("rows", () => {
  const minute = 60_000;
  const noon = new Date(2026, 10, 24, 12).getTime();
  const at = (id: number, from: Person | null, time: number) => message(id, from, time);
  const roomOf = (messages: Message[]): Room => ({ ...newRoom("r"), messages });

  test("stand under one name for five minutes, a day at most", () => {
    const rows = rowsOf(
      roomOf([
        at(1, ben, noon),
        at(2, ben, noon + minute),
        at(3, ann, noon + 2 * minute),
        at(4, ben, noon + 3 * minute),
        at(5, ben, noon + 3 * minute + GROUP_SPAN + 1),
        at(6, null, noon + 9 * minute),
        at(7, ben, noon + 24 * 60 * minute),
      ]),
      [],
      ann,
    );
    expect(rows.map(({ head }) => head)).toEqual([true, false, true, true, true, true, true]);
    expect(rows.map(({ day }) => day)).toEqual([true, false, false, false, false, false, true]);
    expect(rows.map(({ delivery }) => delivery)).toEqual([
      "none",
      "none",
      "sent",
      "none",
      "none",
      "none",
      "none",
    ]);
  });

  test("have a line above each day, on the days when clocks change too", () => {
    const evening = new Date(2026, 2, 28, 23, 30).getTime();
    const times = Array.from({ length: 5 * 48 }, (_, half) => evening + half * 30 * minute);
    const rows = rowsOf(roomOf(times.map((time, id) => at(id + 1, ben, time))), [], ann);
    const dates = times.map((time) => new Date(time).toDateString());
    expect(rows.map(({ day }) => day)).toEqual(dates.map((it, id) => it !== dates[id - 1]));
  });

  test("end with what is on its way, under a key that stays", () => {
    const key = "k1";
    const [, waiting] = rowsOf(roomOf([at(1, ben, noon)]), [written(key, "r", "hi", noon)], ann);
    expect(waiting).toMatchObject({ key, own: true, delivery: "waiting", text: "hi" });
    const [, done] = rowsOf(roomOf([at(1, ben, noon), { ...at(2, ann, noon), key }]), [], ann);
    expect(done).toMatchObject({ key, own: true, delivery: "sent" });
  });
});

test("presence follows joins, leaves and names, and hears things twice", () => {
  const event = { joined: [ben], left: [], changed: [], count: 2 };
  let state = present({ people: [ann], count: 1 }, event);
  state = present(state, event);
  expect(state).toEqual({ people: [ann, ben], count: 2 });
  state = present(state, { joined: [], left: [], changed: [{ id: "b", name: "B" }], count: 2 });
  expect(state.people[1]?.name).toBe("B");
  state = present(state, { joined: [], left: [ben], changed: [{ id: "x", name: "X" }], count: 1 });
  expect(state).toEqual({ people: [ann], count: 1 });
});

test("presence names no more people than a server does, and counts all", () => {
  const crowd = Array.from({ length: 1000 }, (_, id) => ({ id: `${id}`, name: `Person ${id}` }));
  let state = present({ people: [ann], count: 1 }, { ...nobody, joined: crowd, count: 1001 });
  expect(state.people).toHaveLength(MAX_PEOPLE);
  expect(state).toMatchObject({ count: 1001 });
  state = present(state, { ...nobody, left: crowd.slice(0, 500), count: 501 });
  state = present(state, { ...nobody, joined: [ben], count: 502 });
  expect(state.people).toEqual([ann, ben]);
  expect(state.count).toBe(502);
});

describe("typing", () => {
  test("ends with a word, and by itself", () => {
    const typists = typed(typed([], ann, true, 0), ben, true, 1000);
    expect(typingText(typists.map(({ person }) => person))).toBe("Ann and Ben are typing…");
    expect(typed(typists, ann, false, 1500)).toHaveLength(1);
    expect(stillTyping(typists, 500)).toBe(typists);
    expect(stillTyping(typists, TYPING_EXPIRY).map(({ person }) => person)).toEqual([ben]);
    expect(typingText([])).toBe("");
  });

  test("is told at once, then now and then, and its end once", () => {
    const told: boolean[] = [];
    const notice = new TypingNotice((typing) => told.push(typing));
    notice.changed(true, 0);
    for (let at = 1; at < TYPING_INTERVAL; at += 100) notice.changed(false, at);
    expect(told).toEqual([true]);
    notice.changed(false, TYPING_INTERVAL + 1);
    expect(told).toEqual([true, true]);
    notice.changed(true, TYPING_INTERVAL + 2);
    notice.ended();
    expect(told).toEqual([true, true, false]);
  });
});
