import { leases } from "./leases";
import type { Store } from "./storage";

/** How long a reloaded page waits for the end of the one before it, in milliseconds. */
const TAKEOVER = 1000;

/**
 * Which pages of this browser live, by a name that each holds while it does. A
 * name that nobody holds is of a page that is gone.
 */
export interface LivingPages {
  /** Holds name for as long as the page lives; false where another page has it. */
  hold(name: string): Promise<boolean>;
  /** Whether this page still has name: one that was frozen may have been taken for gone. */
  has(name: string): boolean;
  /** Runs take, during which no other page does likewise, unless a page has name. */
  ifGone(name: string, take: () => void): Promise<void>;
}

/** The part of the Web Locks API that is used; absent outside of secure contexts. */
export type Locks = Pick<LockManager, "request">;

/** Whatever tells that a page goes, or is back from the browser's cache: a window. */
export type PageEvents = Pick<EventTarget, "addEventListener">;

/** Living pages by Web Locks, or by leases in store where there are none. */
export function livingPages(
  locks: Locks | undefined,
  store: Store,
  events: PageEvents,
  now: () => number,
): LivingPages {
  const lease = leases(store, events, now);
  let pages = locks === undefined ? lease : byLocks(locks);
  return {
    async hold(name) {
      try {
        return await pages.hold(name);
      } catch {
        pages = lease; // a browser that keeps nothing for a site refuses locks too
        return pages.hold(name);
      }
    },
    has: (name) => pages.has(name),
    ifGone: (name, take) => pages.ifGone(name, take),
  };
}

function byLocks(locks: Locks): LivingPages {
  return {
    hold: (name) =>
      new Promise((resolve, reject) => {
        const signal = AbortSignal.timeout(TAKEOVER);
        const forever = new Promise<never>(() => {});
        locks
          .request(name, { signal }, () => {
            resolve(true);
            return forever;
          })
          .catch((error: Error) => {
            if (error.name === "TimeoutError") resolve(false);
            else reject(error);
          });
      }),
    has: () => true,
    async ifGone(name, take) {
      await locks.request(name, { ifAvailable: true }, (lock) => {
        if (lock !== null) take();
      });
    },
  };
}
