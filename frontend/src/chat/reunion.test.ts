import { describe, expect, test } from "vitest";
import { written } from "./outbox";
import { relayed } from "./plain";
import type { Message } from "./protocol";
import { reunite, SPREAD } from "./reunion";
import { joined, newRoom, received } from "./room";
import { rowsOf } from "./rows";
import { type ChatState, initialState, roomOf, withRoom } from "./state";

const noon = Date.UTC(2026, 10, 24, 12);
const you = { id: "me", name: "Me" };
const ben = { id: "b", name: "Ben" };
const minute = 60_000;

/** A message of the store, said at a second past noon by its clock. */
function stored(second: number, text: string, from: Message["from"] = null): Message {
  const time = noon + second * 1000;
  return { id: `${time}-0`, room: "lobby", time, from, text };
}

/** The state after an old server relayed texts, one a second from first on; "text@7" names an id. */
function heard(state: ChatState, first: number, ...texts: string[]): ChatState {
  return texts.reduce((before, said, at) => {
    const [text = "", second] = said.split("@");
    const id = second === undefined ? "" : stored(Number(second), "").id;
    const time = noon + state.skew + (first + at) * 1000;
    return relayed(before, { text, stored: id }, time, true);
  }, state);
}

/** The state after a node of version 1 told of messages, as the answer to a join or live. */
function told(state: ChatState, messages: readonly Message[], live = false): ChatState {
  const { state: rest, messages: all, shown } = reunite(state, messages);
  const reader = { you, attending: false, shown };
  return withRoom(rest, "lobby", (room) => {
    if (live) return received(room, all, reader);
    const answer = { room: "lobby", messages: [...all], more: false, gap: false };
    return joined(room, { ...answer, people: [], count: 0 }, room.safe, reader);
  });
}

function view(state: ChatState): string[] {
  const room = roomOf(state, "lobby") ?? newRoom("lobby");
  return rowsOf(room, state.outbox, you).map(({ text }) => text);
}

describe("what old servers relayed, beside what a node of version 1 has of it", () => {
  const base: ChatState = { ...initialState, you };

  test.each<[string, string[], Message[], string[]]>([
    ["nothing of it", ["a", "b"], [], ["a", "b"]],
    ["all of it", ["a", "b"], [stored(1, "a"), stored(2, "b")], ["a", "b"]],
    ["its end", ["a", "b", "c"], [stored(3, "c"), stored(5, "d")], ["a", "b", "c", "d"]],
    ["its beginning", ["a", "b", "c"], [stored(1, "a")], ["a", "b", "c"]],
    ["its middle", ["a", "b", "c"], [stored(2, "b")], ["a", "b", "c"]],
    [
      "what was said before and meanwhile, too",
      ["a", "b"],
      [stored(-9, "past", ben), stored(1, "a"), stored(9, "later", ben)],
      ["past", "a", "b", "later"],
    ],
    [
      "one text many times",
      ["ok", "no", "ok", "ok"],
      [stored(1, "ok"), stored(3, "ok"), stored(4, "ok")],
      ["ok", "no", "ok", "ok"],
    ],
    [
      "the last of one text many times",
      ["ok", "no", "ok", "end"],
      [stored(3, "ok"), stored(4, "end")],
      ["ok", "no", "ok", "end"],
    ],
    [
      "more of one text than was heard here",
      ["ok"],
      [stored(1, "ok"), stored(2, "ok"), stored(3, "ok")],
      ["ok", "ok", "ok"],
    ],
    [
      "another order",
      ["a", "b", "c"],
      [stored(1, "b"), stored(2, "a"), stored(3, "c")],
      ["b", "a", "c"],
    ],
    [
      "one text of another time",
      ["ok"],
      [stored(-SPREAD / 1000 - 5, "ok"), stored(-9, "then", ben)],
      ["ok", "then", "ok"],
    ],
    [
      "what its own people said, by its id alone",
      ["hi@1", "hi"],
      [stored(1, "hi", ben), stored(40, "hi", ben)],
      ["hi", "hi", "hi"],
    ],
    [
      "one that the store changed",
      ["\ud800!", `${"😀".repeat(4000)}.`],
      [stored(1, "\ufffd!"), stored(2, `${"😀".repeat(3999)}…`)],
      ["\ufffd!", `${"😀".repeat(3999)}…`],
    ],
  ])("%s", (_, plain, messages, expected) => {
    for (const skew of [0, -7 * 24 * 60 * minute, 3 * minute + 17]) {
      const heardAll = heard({ ...base, skew }, 1, ...plain);
      expect(view(told(heardAll, messages)), "as one page").toEqual(expected);
      const live = messages.reduce((state, it) => told(state, [it], true), heardAll);
      expect(view(live), "one by one").toEqual(expected);
      expect(view(told(told(heardAll, messages), messages)), "twice").toEqual(expected);
    }
  });

  test("to an old server and back, again and again", () => {
    let state = told(base, [stored(0, "first", ben)]);
    const expected = ["first"];
    for (let round = 1; round <= 5; round++) {
      const at = round * 10;
      state = heard(state, at, `kept ${round}`, `known ${round}`, `unknown ${round}`);
      state = told(state, [stored(at + 1, `known ${round}`), stored(at + 5, "same", ben)]);
      expected.push(`kept ${round}`, `known ${round}`, `unknown ${round}`, "same");
      expect(view(state)).toEqual(expected);
    }
    expect(
      new Set(rowsOf(roomOf(state, "lobby") ?? newRoom("lobby"), [], you).map((it) => it.key)).size,
    ).toBe(expected.length);
  });

  test("what is shown with its id already is not shown anew by an old server", () => {
    const state = heard(told(base, [stored(1, "hi", ben)]), 2, "hi@1", "ho@3", "ho@3");
    expect(view(state)).toEqual(["hi", "ho"]);
  });

  test("what the reader saw is not unread, and what they did not is counted once", () => {
    let state = heard({ ...base }, 1, "seen");
    state = relayed(state, { text: "unseen", stored: "" }, noon + 2000, false);
    state = withRoom(state, "lobby", (room) => ({ ...room, read: stored(0, "").id }));
    state = told(state, [stored(1, "seen"), stored(2, "unseen"), stored(3, "new")]);
    expect(roomOf(state, "lobby")?.unread).toBe(2);
  });
});

describe("what was sent to an old server and had no answer", () => {
  const doubtful = (key: string, time: number) =>
    ({ ...written(key, "lobby", "hi", time), status: "uncertain", via: "plain" }) as const;

  test("is sent where a node has it, the oldest first", () => {
    const outbox = [doubtful("k1", noon), doubtful("k2", noon + 1)];
    const state = told({ ...initialState, you, outbox }, [stored(1, "hi")]);
    expect(state.outbox.map(({ key }) => key)).toEqual(["k2"]);
    const rows = rowsOf(roomOf(state, "lobby") ?? newRoom("lobby"), [], you);
    expect(rows).toMatchObject([{ key: "k1", own: true, delivery: "sent", person: you }]);
    expect(roomOf(state, "lobby")?.unread).toBe(0);
  });

  test("is not what was said before it, nor what has a sender, nor what an old server relayed", () => {
    const outbox = [doubtful("k1", noon + 10 * minute)];
    let state: ChatState = heard({ ...initialState, you, outbox: [] }, 600, "hi");
    state = { ...state, outbox };
    state = told(state, [stored(0, "hi"), stored(600, "hi"), stored(601, "hi", ben)]);
    expect(state.outbox).toEqual(outbox);
    expect(view(state)).toEqual(["hi", "hi", "hi", "hi"]);
  });
});
