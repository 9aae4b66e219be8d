import { expect, test } from "vitest";
import { isAtEnd, SLACK } from "./scroll";

test.each([
  ["a list that fits", 0, 300, 300, true],
  ["the end", 700, 1000, 300, true],
  ["within the slack", 700 - SLACK, 1000, 300, true],
  ["above the slack", 699 - SLACK, 1000, 300, false],
  ["overscrolled", 720, 1000, 300, true],
])("%s", (_, scrollTop, scrollHeight, clientHeight, atEnd) => {
  expect(isAtEnd({ scrollTop, scrollHeight, clientHeight })).toBe(atEnd);
});
