import { describe, expect, test } from "vitest";
import { type ChatEvent, initialState, MAX_MESSAGES, reduce } from "./state";

const refused = { code: "invalid", message: "Too long." };

function stateOf(...events: ChatEvent[]) {
  return events.reduce(reduce, initialState);
}

const written = (id: number, text: string): ChatEvent => ({ type: "written", id, text });
const sent = (id: number): ChatEvent => ({ type: "sent", id });
const accepted = (id: number): ChatEvent => ({ type: "accepted", id });
const received = (id: number, text: string): ChatEvent => ({ type: "received", id, text });
const failed = (id: number, text: string, failure = refused): ChatEvent => ({
  type: "failed",
  id,
  text,
  failure,
});
const lost: ChatEvent = { type: "lost", reason: "transport close" };

describe("messages", () => {
  test("are kept in the order of their arrival", () => {
    const state = stateOf(received(1, "a"), received(2, "b"), received(3, "a"));
    expect(state.messages.map(({ text }) => text)).toEqual(["a", "b", "a"]);
    expect(state.received).toBe(3);
  });

  test("beyond the bound push out the oldest, and still count", () => {
    const extra = 5;
    const arrivals = Array.from({ length: MAX_MESSAGES + extra }, (_, i) => received(i, `${i}`));
    const state = stateOf(...arrivals);
    expect(state.messages).toHaveLength(MAX_MESSAGES);
    expect(state.messages[0]?.text).toBe(`${extra}`);
    expect(state.received).toBe(MAX_MESSAGES + extra);
  });

  test("that are none are only counted", () => {
    const state = stateOf({ type: "ignored" }, { type: "ignored" });
    expect(state).toEqual({ ...initialState, ignored: 2 });
  });
});

describe("a message written here", () => {
  test.each<[string, ChatEvent[], string[], string[]]>([
    ["waits before it is sent", [written(1, "a")], ["waiting"], []],
    ["is on its way once sent", [written(1, "a"), sent(1)], ["sent"], []],
    ["stays until it is seen", [written(1, "a"), sent(1), accepted(1)], ["accepted"], []],
    ["is done when it returns", [written(1, "a"), sent(1), received(2, "a")], [], ["a"]],
    [
      "is done when it returns and is acknowledged later",
      [written(1, "a"), sent(1), received(2, "a"), accepted(1)],
      [],
      ["a"],
    ],
    ["is not another's", [written(1, "a"), sent(1), received(2, "b")], ["sent"], ["b"]],
    ["returns only after it was sent", [written(1, "a"), received(2, "a")], ["waiting"], ["a"]],
    [
      "returns one at a time",
      [written(1, "a"), sent(1), written(2, "a"), sent(2), received(3, "a")],
      ["sent"],
      ["a"],
    ],
    ["fails with its reason", [written(1, "a"), sent(1), failed(1, "a")], ["failed"], []],
    [
      "fails though an equal one arrived: that was another's",
      [written(1, "a"), sent(1), received(2, "a"), failed(1, "a")],
      ["failed"],
      ["a"],
    ],
    [
      "has not failed when it returned and the server does not know",
      [
        written(1, "a"),
        sent(1),
        received(2, "a"),
        failed(1, "a", { code: "unknown", message: "?" }),
      ],
      [],
      ["a"],
    ],
    [
      "does not return once failed",
      [written(1, "a"), failed(1, "a"), received(2, "a")],
      ["failed"],
      ["a"],
    ],
    [
      "is unconfirmed when the connection breaks",
      [written(1, "a"), sent(1), lost],
      ["unconfirmed"],
      [],
    ],
    [
      "joins the list when accepted and its return missed",
      [written(1, "a"), sent(1), accepted(1), lost],
      [],
      ["a"],
    ],
    [
      "is unconfirmed when the server does not know",
      [written(1, "a"), sent(1), failed(1, "a", { code: "unknown", message: "?" })],
      ["unconfirmed"],
      [],
    ],
    ["is done when it returns late", [written(1, "a"), sent(1), lost, received(2, "a")], [], ["a"]],
    ["still waits when the connection breaks", [written(1, "a"), lost], ["waiting"], []],
    ["is forgotten when discarded", [written(1, "a"), { type: "discarded", id: 1 }], [], []],
  ])("%s", (_, events, statuses, texts) => {
    const state = stateOf(...events);
    expect(state.outgoing.map(({ delivery }) => delivery.status)).toEqual(statuses);
    expect(state.messages.map(({ text }) => text)).toEqual(texts);
  });

  test("keeps the server's reason", () => {
    const state = stateOf(written(1, "a"), sent(1), failed(1, "a"));
    expect(state.outgoing[0]?.delivery).toEqual({ status: "failed", failure: refused });
  });
});

test("a lost connection says why and is sought again", () => {
  expect(stateOf(lost).connection).toEqual({ phase: "reconnecting", reason: "transport close" });
});

test("a refusal is shown until dismissed", () => {
  const refusal = { ...refused, event: "event:message" };
  expect(stateOf({ type: "refusal", refusal }).refusal).toEqual(refusal);
  expect(
    stateOf({ type: "refusal", refusal }, { type: "refusal", refusal: null }).refusal,
  ).toBeNull();
});
