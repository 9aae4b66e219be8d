import { expect, test } from "vitest";
import { problemWords, reasonWords } from "./words";

test.each([
  ["invalid_message", "the message is malformed: the text is empty", "The text is empty."],
  [
    "too_large",
    "the message is too long: 5000 characters, 4000 are allowed",
    "The message is too long: 5000 characters, 4000 are allowed.",
  ],
  [
    "unavailable",
    "the message could not be relayed in time",
    "The server cannot store or read messages right now.",
  ],
  ["of_another_server", "No more for today!", "No more for today!"],
  ["of_another_server", "", "The server gave no reason."],
  ["constructor", "", "The server gave no reason."],
])("a problem %s, %j, is told as %j", (code, message, expected) => {
  expect(problemWords({ code, message })).toBe(expected);
});

test.each([
  ["xhr poll error", "the server cannot be reached"],
  ["websocket error", "the server cannot be reached"],
  ["timeout", "the server does not answer"],
  ["ping timeout", "the server does not answer"],
  ["transport close", "the connection broke off"],
  ["io server disconnect", "the server ended the connection"],
  ["The room is closed", "The room is closed"],
  ["", ""],
])("the reason %j of a connection that is not there is told as %j", (reason, expected) => {
  expect(reasonWords(reason)).toBe(expected);
});
