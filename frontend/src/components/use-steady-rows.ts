import { useLayoutEffect, useReducer, useRef } from "react";
import type { Row } from "@/chat/rows";

/** What a list renders of its rows. */
export interface Steady {
  readonly rows: readonly Row[];
  /** Whether rows came or went before those that stay, which keep their distance from the end. */
  readonly isShifted: boolean;
}

/**
 * What to render of rows after before. A virtual list takes how many rows more or
 * less there are for how many came or went at one of its ends: where both changed,
 * the beginning goes first and the end follows, or what is read would jump.
 */
export function nextRows(before: readonly Row[], rows: readonly Row[]): Steady {
  const first = before[0]?.key;
  const now = rows[0]?.key;
  const isShifted =
    first !== undefined &&
    now !== undefined &&
    first !== now &&
    (rows.some(({ key }) => key === first) || before.some(({ key }) => key === now));
  if (!isShifted) return { rows, isShifted };
  const last = before.at(-1)?.key;
  const end = rows.findLastIndex(({ key }) => key === last) + 1;
  return { rows: end === 0 || end === rows.length ? rows : rows.slice(0, end), isShifted };
}

/** What to render of rows now; the rest follows at once. */
export function useSteadyRows(rows: readonly Row[]): Steady {
  const before = useRef(rows);
  const [, again] = useReducer((count: number) => count + 1, 0);
  const next = nextRows(before.current, rows);
  useLayoutEffect(() => {
    before.current = next.rows;
    if (next.rows !== rows) again();
  });
  return next;
}
