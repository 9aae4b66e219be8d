/** The parts of the page that open: fetched when they are wanted, and no page waits for them. */
export const parts = {
  ask: () => import("./ask-popup"),
  connection: () => import("./connection-popup"),
  sidebar: () => import("./sidebar-popup"),
} as const;

/** How long after a connection the parts are fetched, in milliseconds: what the reader sees comes first. */
const DELAY = 2000;

/**
 * Fetches all parts once the page has nothing else to do, so that they open
 * while the server is away, too; the result calls it off.
 */
export function fetchPartsSoon(): () => void {
  const timer = setTimeout(() => {
    // Safari has no idle callbacks.
    const whenIdle = window.requestIdleCallback ?? ((then: () => void) => then());
    whenIdle(() => {
      for (const load of Object.values(parts)) load().catch(() => {}); // a press tries again
    });
  }, DELAY);
  return () => clearTimeout(timer);
}
