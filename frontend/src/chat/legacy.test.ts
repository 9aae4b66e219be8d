import { describe, expect, test } from "vitest";
import { parseAck, parseMessage, parseRefusal, storedId } from "./legacy";

test.each([
  ['{"message":"hi","chat":{"id":"17-2"}}', "17-2"],
  ['{"message":"hi","chat":{"id":17}}', ""],
  ['{"message":"hi","chat":{"id":"x"}}', ""],
  ['{"message":"hi","chat":null}', ""],
  ['{"message":"hi"}', ""],
  ["not json", ""],
  [7, ""],
])("a received message %s is stored as %j", (argument, id) => {
  expect(storedId(argument)).toBe(id);
});

describe("a received message", () => {
  test.each([
    ['{"message":"hello"}', "hello"],
    ['{"message":""}', ""],
    ['{"message":"<b>&\\u2028\\ud83d\\ude00\\ud800"}', "<b>&\u2028😀\ud800"],
    ['{"message":42}', "42"],
    ['{"message":null}', "null"],
    ['{"message":{"a":[1,true]}}', '{"a":[1,true]}'],
    ['{"other":1,"message":"last"}', "last"],
  ])("%s reads %j", (argument, text) => {
    expect(parseMessage(argument)).toBe(text);
  });

  test.each([
    [undefined],
    [null],
    [7],
    [{ message: "not a text" }],
    [""],
    ["not json"],
    ["null"],
    ['"text"'],
    ["[]"],
    ["{}"],
    ['{"__proto__":{"message":"inherited"}}'],
  ])("%j is not one", (argument) => {
    expect(parseMessage(argument)).toBeNull();
  });

  test("nested deeper than the stack does not throw", () => {
    const depth = 200_000;
    const argument = `{"message":${"[".repeat(depth)}${"]".repeat(depth)}}`;
    expect(parseMessage(argument)).toBeNull();
  });
});

describe("an acknowledgement", () => {
  test.each([[{ ok: true }], [undefined], [null], ["ok"], [{}], [{ ok: 0 }], [{ error: {} }]])(
    "%j reports no failure",
    (ack) => {
      expect(parseAck(ack)).toBeNull();
    },
  );

  test("with ok false carries the server's reason", () => {
    const ack = { ok: false, error: { code: "unavailable", message: "The relay is away." } };
    expect(parseAck(ack)).toEqual({ code: "unavailable", message: "The relay is away." });
  });

  test.each([[{ ok: false }], [{ ok: false, error: 3 }], [{ ok: false, error: { code: 1 } }]])(
    "%j still says something to a person",
    (ack) => {
      expect(parseAck(ack)).toEqual({ code: "", message: expect.stringMatching(/refused/) });
    },
  );
});

describe("an error event", () => {
  test("carries its reason and the event it is about", () => {
    const refusal = { code: "invalid", message: "No message.", event: "event:message" };
    expect(parseRefusal(refusal)).toEqual(refusal);
  });

  test.each([[undefined], ["text"], [{}], [{ event: 4 }]])("%j is tolerated", (argument) => {
    expect(parseRefusal(argument)).toMatchObject({ code: "", event: "" });
  });
});
