/** The first wait before something is tried again, and the longest, in milliseconds. */
export const FIRST_WAIT = 500;
export const LONGEST_WAIT = 8000;

/**
 * How long to wait before attempt, the first being 1: twice as long each time,
 * spread by random in [0, 1) so that many pages do not come back as one.
 */
export function backoff(attempt: number, random: number = Math.random()): number {
  const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempt - 1));
  return longest * (0.5 + random / 2);
}
