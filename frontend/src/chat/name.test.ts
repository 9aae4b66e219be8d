import { expect, test } from "vitest";
import { chooseName, chosenName } from "./identity";
import { MAX_NAME, nameFrom, nameProblem } from "./name";
import { memoryStore } from "./storage";

test.each([
  ["Ann", "Ann", true],
  ["  Ann\tLee\n", "Ann Lee", true],
  ["\u{1F600}".repeat(MAX_NAME), "\u{1F600}".repeat(MAX_NAME), true],
  ["x".repeat(MAX_NAME + 1), "x".repeat(MAX_NAME + 1), false],
  [" \t ", "", false],
  ["a\u0007b", "a\u0007b", false],
  ["a\u009fb", "a\u009fb", false],
])("%j is the name %j, and fit for one: %s", (text, name, isFit) => {
  expect(nameFrom(text)).toBe(name);
  expect(nameProblem(name, MAX_NAME) === null).toBe(isFit);
});

test("a saved name that no server takes is none", () => {
  const store = memoryStore();
  chooseName(store, "Ann");
  expect(chosenName(store)).toBe("Ann");
  chooseName(store, "Ann\tLee");
  expect(chosenName(store)).toBe("");
});
