import { expect, test } from "vitest";
import { serverOrigin } from "./server-url";

test.each([
  [undefined, ""],
  ["", ""],
  ["  ", ""],
  ["http://localhost:8000", "http://localhost:8000"],
  ["http://localhost:8000/", "http://localhost:8000"],
  ["https://chat.example:443", "https://chat.example"],
])("%j names the server %j", (value, origin) => {
  expect(serverOrigin(value)).toBe(origin);
});

test.each([
  "localhost:8000",
  "ws://localhost:8000",
  "http://",
  "http://user:secret@localhost",
  "http://localhost/room",
  "http://localhost/?a=1",
  "http://localhost/#a",
  "nonsense",
])("%j is refused without being repeated", (value) => {
  expect(() => serverOrigin(value)).toThrow(/NEXT_PUBLIC_SERVER_URL/);
  try {
    serverOrigin(value);
  } catch (error) {
    expect(String(error)).not.toContain("secret");
  }
});
