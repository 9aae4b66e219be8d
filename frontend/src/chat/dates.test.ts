import { expect, test } from "vitest";
import { clockOf, shortClockOf } from "./dates";

test("the short time of day is what the long one has before AM or PM", () => {
  const time = new Date(2026, 10, 24, 15, 26).getTime();
  expect(shortClockOf(time)).toMatch(/^(03|15)\D26$/);
  expect(clockOf(time)).toContain(shortClockOf(time));
});
