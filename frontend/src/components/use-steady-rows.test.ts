import { expect, test } from "vitest";
import { newRoom } from "@/chat/room";
import { type Row, rowsOf } from "@/chat/rows";
import { nextRows } from "./use-steady-rows";

function rowsFrom(first: number, last: number): readonly Row[] {
  const messages = Array.from({ length: last - first + 1 }, (_, at) => {
    const id = `${first + at}-0`;
    return { id, room: "r", time: 0, from: null, text: id };
  });
  return rowsOf({ ...newRoom("r"), messages }, [], null);
}

test.each<[string, readonly Row[], readonly Row[], readonly Row[], boolean]>([
  ["nothing", rowsFrom(5, 9), rowsFrom(5, 9), rowsFrom(5, 9), false],
  ["the first rows", [], rowsFrom(5, 9), rowsFrom(5, 9), false],
  ["news", rowsFrom(5, 9), rowsFrom(5, 12), rowsFrom(5, 12), false],
  ["the past", rowsFrom(5, 9), rowsFrom(1, 9), rowsFrom(1, 9), true],
  ["the past, then news", rowsFrom(5, 9), rowsFrom(1, 12), rowsFrom(1, 9), true],
  ["the end of the oldest", rowsFrom(1, 9), rowsFrom(5, 9), rowsFrom(5, 9), true],
  ["the end of the oldest, then news", rowsFrom(1, 9), rowsFrom(5, 12), rowsFrom(5, 9), true],
  ["other rows altogether", rowsFrom(1, 9), rowsFrom(20, 25), rowsFrom(20, 25), false],
])("a list gets %s", (_, before, rows, shown, isShifted) => {
  const next = nextRows(before, rows);
  expect(next.rows.map(({ key }) => key)).toEqual(shown.map(({ key }) => key));
  expect(next.isShifted).toBe(isShifted);
  // Once that is rendered, all the rest is.
  expect(nextRows(next.rows, rows).rows).toBe(rows);
});
