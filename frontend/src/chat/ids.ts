/**
 * Orders two message ids such as "1732450000000-12": by the first number, then
 * the second. They are compared as digits, because a store may count further
 * than a JavaScript number is exact.
 */
export function compareIds(a: string, b: string): number {
  const [aTime = "", aSequence = ""] = a.split("-");
  const [bTime = "", bSequence = ""] = b.split("-");
  return compareDigits(aTime, bTime) || compareDigits(aSequence, bSequence);
}

function compareDigits(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The later of two ids, "" being before all. */
export function laterId(a: string, b: string): string {
  return compareIds(a, b) >= 0 ? a : b;
}

/** Whether value is a message's id. */
export function isId(value: unknown): value is string {
  return typeof value === "string" && /^(0|[1-9]\d{0,19})-(0|[1-9]\d{0,19})$/.test(value);
}
