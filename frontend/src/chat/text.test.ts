import { describe, expect, test } from "vitest";
import { isEmojiOnly, piecesOf } from "./markup";
import { COLOURS, colourOf, initialsOf } from "./people";
import { hashOfRoom, isRoomName, roomNameFrom, roomOfHash } from "./room-url";

/** Pieces as one line: text as it is, `code`, [[block]], <link>. */
function shown(text: string): string {
  return piecesOf(text)
    .map((piece) => {
      if (piece.type === "link") return `<${piece.text}>`;
      if (piece.type === "code") return `\`${piece.text}\``;
      return piece.type === "block" ? `[[${piece.text}]]` : piece.text;
    })
    .join("");
}

describe("a message's text", () => {
  test.each([
    ["plain", "plain"],
    ["", ""],
    ["see https://example.com/a?b=c#d.", "see <https://example.com/a?b=c#d>."],
    ["(http://example.com/x_(y))", "(<http://example.com/x_(y)>)"],
    ["www.example.com, really", "<www.example.com>, really"],
    ["HTTPS://EXAMPLE.COM", "<HTTPS://EXAMPLE.COM>"],
    ["https://example.com/?q=a&b=c\nnext", "<https://example.com/?q=a&b=c>\nnext"],
    ["run `make test` now", "run `make test` now"],
    ["`https://not.a.link`", "`https://not.a.link`"],
    ["a ` alone", "a ` alone"],
    ["```\nline 1\nline 2\n```\nafter", "[[line 1\nline 2]]after"],
    ["```go\nfunc main() {}\n```", "[[func main() {}]]"],
    ["``` open", "``` open"],
  ])("%j reads %j", (text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  test.each([
    "javascript:alert(1)",
    "data:text/html,x",
    "https://user@elsewhere.example/",
    "https://example.com@elsewhere.example/",
    "http://",
    "https://[",
  ])("%j is no link", (text) => {
    expect(piecesOf(text).filter(({ type }) => type === "link")).toEqual([]);
  });

  test("a link ends before what would turn the writing around", () => {
    const [link] = piecesOf("https://example.com/\u202etxt.exe");
    expect(link).toMatchObject({ type: "link", href: "https://example.com/" });
  });

  test("of many backticks and addresses is read in no time", () => {
    const started = performance.now();
    for (const text of ["`".repeat(50_000), "www.".repeat(12_000), "```a".repeat(12_000)]) {
      piecesOf(text);
    }
    expect(performance.now() - started).toBeLessThan(2000);
  });

  test.each([
    ["🎉", true],
    ["👩‍💻 👍🏽", true],
    ["🇩🇪", true],
    ["❤️", true],
    ["🎉🎉🎉🎉", false],
    ["ok 👍", false],
    ["1", false],
    [" ", false],
    ["", false],
  ])("%j is emoji alone: %j", (text, expected) => {
    expect(isEmojiOnly(text)).toBe(expected);
  });
});

describe("a room's name", () => {
  test.each([
    ["design", "design"],
    [" #Design Team ", "Design-Team"],
    ["é\u0301", "é\u0301"],
    ["日本語", "日本語"],
    ["a/b", null],
    ["", null],
    ["#", null],
    ["a".repeat(64), "a".repeat(64)],
    ["a".repeat(65), null],
  ])("from %j is %j", (text, expected) => {
    expect(roomNameFrom(text)).toBe(expected);
  });

  test.each(["lobby", "design", "日本語", "a.b_c-d"])("%s is in its address", (name) => {
    expect(isRoomName(name)).toBe(true);
    expect(roomOfHash(hashOfRoom(name))).toBe(name);
  });

  test.each(["", "#", "#/"])("%j is the lobby", (hash) => {
    expect(roomOfHash(hash)).toBe("lobby");
  });

  test.each(["#design", "#/%", "#/a%2Fb", "#/%F0%9F"])("%j names no room", (hash) => {
    expect(roomOfHash(hash)).toBeNull();
  });
});

describe("a person", () => {
  test.each([
    ["Ada Lovelace", "AL"],
    ["ben", "B"],
    ["guest-7x", "G7"],
    ["👩‍💻 dev", "👩‍💻D"],
    ["", "?"],
    ["--", "?"],
  ])("%j is %j", (name, initials) => {
    expect(initialsOf(name)).toBe(initials);
  });

  test("has one colour, and many have all of them", () => {
    const colours = Array.from({ length: 500 }, (_, at) => colourOf(`person-${at}`));
    expect(colourOf("person-7")).toBe(colours[7]);
    expect(new Set(colours).size).toBe(COLOURS);
  });
});
